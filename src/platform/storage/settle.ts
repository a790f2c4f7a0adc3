import { logFailure } from "../../lib/log.ts";
import type { RequestScope } from "../http/router.ts";
import type { Publication } from "./ledger.ts";
import { type Publishers, publish, publishOrRetry } from "./outbox.ts";

/** A KV record to publish, and the changes whose outbox entries are done with it. */
export type Stale = Publication & { changeIds: readonly string[] };

/** What follows a commit: the KV records that it made stale, and whether it queued a mail. */
export type Changes = { stale: readonly Stale[]; mail?: boolean };

/** Nothing to settle. */
export const NO_CHANGES: Changes = { stale: [] };

/** Whether the edge copy agrees with the ledger: `pending` while KV does not take the write, which is then retried. */
export type EdgeState = "published" | "pending";

/** The changes of several acts, as one. */
export const together = (...all: readonly Changes[]): Changes => ({
  stale: all.flatMap(({ stale }) => stale),
  mail: all.some(({ mail }) => mail === true),
});

type Settled = { readonly env: Env; readonly var: Pick<RequestScope["var"], "service"> };

/**
 * Settles what a request has committed: publishes the stale records and then sends the queued mails. Called once at the edge, by
 * routes. Goes on when the client hangs up. A record that KV does not take is retried after the response, and then by the cron.
 * Never throws, because what is committed stays committed.
 */
export function settle(
  c: Pick<RequestScope, "executionCtx"> & Settled,
  { stale, mail = false }: Changes,
): Promise<EdgeState> {
  const later = (work: Promise<unknown>) => c.executionCtx.waitUntil(work);
  const published = publishAll(c, stale, later);
  later(published);
  if (mail) later(published.then(() => sendMails(c)));
  return published;
}

async function publishAll(
  { env, var: { service } }: Settled,
  stale: readonly Stale[],
  later: (work: Promise<unknown>) => void,
): Promise<EdgeState> {
  let state: EdgeState = "published";
  for (const { topic, key, changeIds } of stale) {
    const outcome = await publishOrRetry(env, service.publishers, { topic, key }, changeIds, later);
    if (outcome === "pending") state = outcome;
  }
  // A release is published whether or not its recipe can be: the cron retries that within a minute.
  if (stale.some(({ topic }) => topic === "manifest")) {
    await service.afterManifest(env).catch((error: unknown) => logFailure("repositories.failed", error));
  }
  return state;
}

const sendMails = ({ env, var: { service } }: Settled): Promise<void> =>
  service.sendMails(env).catch((error: unknown) => logFailure("mail.unsent", error));

/** `settle` for a cron's job: publishes only, and throws what D1 or KV throw. The cron itself sends mails and retries. */
export async function settleInJob(env: Env, publishers: Publishers, { stale }: Changes): Promise<void> {
  for (const { topic, key, changeIds } of stale) await publish(env, publishers, { topic, key }, changeIds);
}
