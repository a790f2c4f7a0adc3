import { type Deployment, mismatchOf } from "../../../platform/config/deployment.ts";
import { DATABASE_LIMIT } from "../../figures/metrics.ts";
import { type Finding, fail, pass, unclear, warn } from "../finding.ts";

/** A store's answer to a small request: its duration in milliseconds, or the error's message. */
export type StoreFact = { name: string; answer: { ms: number } | { error: string } };

/** An answer that took longer than this, in milliseconds, is slow. */
const SLOW_MS = 1_000;

/** One finding for each store: whether it answers. */
export const checkStores = (stores: readonly StoreFact[]): Finding[] =>
  stores.map(({ name, answer }) => {
    if ("error" in answer) return fail("store", `The ${name} does not answer: ${answer.error}`, { subject: name });
    const detail = `The ${name} answers after ${answer.ms} ms.`;
    return answer.ms > SLOW_MS ? warn("store", detail, { subject: name }) : pass("store", detail, { subject: name });
  });

/** The mark that a store carries; null: none. `undefined`: the store could not be read. */
export type MarkFact = { name: string; mark: Deployment | null | undefined };

/**
 * One finding for each store: whether it carries this deployment's mark. `ledger` is the ledger's own mark: the deploy
 * script writes it, and a job then marks the other stores.
 */
export const checkOwnership = (own: Deployment, ledger: Deployment | null, stores: readonly MarkFact[]): Finding[] =>
  stores.map(({ name, mark }) => {
    const about = { subject: name };
    if (mark === undefined) return unclear("ownership", `The mark of the ${name} could not be read.`, about);
    if (mark !== null) {
      const mismatch = mismatchOf(mark, own);
      if (mismatch === null) return pass("ownership", `The ${name} carries the mark of this deployment.`, about);
      return fail("ownership", mismatch.replace("The ledger belongs", `The ${name} belongs`), about);
    }
    if (ledger === null && own.name === "") {
      return pass("ownership", `The ${name} has no mark, like every store of a development server.`, about);
    }
    const remedy =
      ledger === null ? "Run `pnpm run deploy`, which marks the ledger." : "Wait an hour: a job of the cron marks it.";
    return warn("ownership", `The ${name} has no mark yet.`, { ...about, remedy });
  });

/** The shares of the limit from which the doctor warns, and reports a failure. */
const WARNING_SHARE = 0.7;
const FAILURE_SHARE = 0.9;

/** Whether a database is far from D1's limit. `bytes`: its size. */
export function checkSize(name: string, bytes: number): Finding {
  const share = bytes / DATABASE_LIMIT;
  const detail = `The ${name} has ${megabytes(bytes)} MB, ${(share * 100).toFixed(1)} % of D1's limit.`;
  const about = { subject: name };
  if (share >= FAILURE_SHARE) return fail("size", detail, about);
  return share >= WARNING_SHARE ? warn("size", detail, about) : pass("size", detail, about);
}

const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(1);

/** Whether a database has every migration of this version. One that a newer version applied is no fault. */
export function checkMigrations(name: string, wanted: readonly string[], applied: readonly string[]): Finding {
  const missing = wanted.filter((migration) => !applied.includes(migration));
  const about = { subject: name };
  if (missing.length > 0) return fail("migrations", `The ${name} lacks ${missing.join(", ")}.`, about);
  const newer = applied.filter((migration) => !wanted.includes(migration));
  if (newer.length === 0) return pass("migrations", `The ${name} has every migration: ${wanted.length}.`, about);
  return pass("migrations", `The ${name} has every migration, and of a newer version ${newer.join(", ")}.`, about);
}
