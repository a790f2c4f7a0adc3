import * as z from "zod";
import { type Deployment, mismatchOf } from "../../src/platform/config/deployment.ts";
import type { Cloudflare } from "./cloudflare.ts";
import { Refused } from "./refusal.ts";

const Answer = z.array(z.object({ results: z.array(z.record(z.string(), z.unknown())) }));
const Mark = z.object({ name: z.string(), public_url: z.string(), livemode: z.number() });

/** The ledger at Cloudflare. */
export type RemoteLedger = { account: string; id: string };

async function query(
  cloudflare: Cloudflare,
  { account, id }: RemoteLedger,
  sql: string,
  params: readonly string[] = [],
): Promise<Record<string, unknown>[]> {
  const path = `/accounts/${account}/d1/database/${id}/query`;
  const [answer] = await cloudflare(Answer, path, { method: "POST", body: { sql, params } });
  return answer?.results ?? [];
}

/** The mark of a ledger; null if it has none. `isUsed`: somebody has acted in it. */
async function readMark(
  cloudflare: Cloudflare,
  ledger: RemoteLedger,
): Promise<{ mark: Deployment | null; isUsed: boolean }> {
  const tables = await query(cloudflare, ledger, "SELECT name FROM sqlite_schema WHERE type = 'table'");
  const has = (table: string) => tables.some(({ name }) => name === table);
  const [row] = has("deployment")
    ? await query(cloudflare, ledger, "SELECT name, public_url, livemode FROM deployment")
    : [];
  const mark = row === undefined ? null : Mark.parse(row);
  const acts = has("audit") ? await query(cloudflare, ledger, "SELECT id FROM audit LIMIT 1") : [];
  return { mark: mark && { ...mark, livemode: mark.livemode === 1 }, isUsed: acts.length > 0 };
}

/**
 * Checks that an existing ledger is this deployment's before anything is migrated. An unmarked ledger is, if nobody
 * has acted in it yet or `isBound`: the Worker of this name is bound to it already. Throws `Refused`.
 */
export async function requireOwnLedger(
  cloudflare: Cloudflare,
  ledger: RemoteLedger,
  own: Deployment,
  isBound: boolean,
): Promise<void> {
  const { mark, isUsed } = await readMark(cloudflare, ledger);
  const remedy =
    "Give this deployment its own names in wrangler.toml, as [env.staging] has them. If you moved the deployment on " +
    'purpose, docs/operations.md ("A ledger of another deployment") tells how to change the mark. Nothing has been changed.';
  const mismatch = mark && mismatchOf(mark, own);
  if (mismatch) throw new Refused(`${mismatch} ${remedy}`);
  if (mark === null && isUsed && !isBound) {
    throw new Refused(`The ledger is in use and has no mark, so it may belong to another deployment. ${remedy}`);
  }
}

/** Marks a migrated ledger as this deployment's, if it has no mark. */
export async function markLedger(cloudflare: Cloudflare, ledger: RemoteLedger, own: Deployment): Promise<void> {
  await query(
    cloudflare,
    ledger,
    `INSERT INTO deployment (one, name, public_url, livemode, marked_at)
     VALUES (1, ?, ?, CAST(? AS INTEGER), unixepoch()) ON CONFLICT DO NOTHING`,
    [own.name, own.public_url, own.livemode ? "1" : "0"],
  );
}
