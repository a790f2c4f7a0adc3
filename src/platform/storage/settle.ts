import { logFailure } from "../../lib/log.ts";
import type { RequestScope } from "../http/router.ts";
import type { Publication } from "./ledger.ts";
import { type Publishers, publish, publishOrRetry } from "./outbox.ts";

/** A KV record to publish, and the changes whose outbox entries are removed afterwards. */
export type Stale = Publication & { changeIds: readonly string[] };

/** The work after a commit: the KV records that it made stale, and whether it queued a mail. */
export type Changes = { stale: readonly Stale[]; mail?: boolean };

/** Nothing to settle. */
export const NO_CHANGES: Changes = { stale: [] };

/** Whether the edge copy agrees with the ledger. `pending`: KV did not take the write, and it is retried. */
export type EdgeState = "published" | "pending";

/** The changes of several acts, as one. */
export const together = (...all: readonly Changes[]): Changes => ({
  stale: all.flatMap(({ stale }) => stale),
  mail: all.some(({ mail }) => mail === true),
});

type Settled = { readonly env: Env; readonly var: Pick<RequestScope["var"], "service"> };

/**
 * Settles the changes that a request has committed: it publishes the stale records, and then sends the queued mails.
 * Routes call it, once for each commit. It continues when the client hangs up. If KV fails, the record is retried after
 * the response, and then by the cron. Never throws, because the commit stands.
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
  // A release is published even if its recipe fails: the cron retries the recipe within a minute.
  if (stale.some(({ topic }) => topic === "manifest")) {
    await service.afterManifest(env).catch((error: unknown) => logFailure("repositories.failed", error));
  }
  return state;
}

const sendMails = ({ env, var: { service } }: Settled): Promise<void> =>
  service.sendMails(env).catch((error: unknown) => logFailure("mail.unsent", error));

/** `settle` for a job of the cron, which sends mails itself: only publishes. Throws the errors of D1 and KV. */
export async function settleInJob(env: Env, publishers: Publishers, { stale }: Changes): Promise<void> {
  for (const { topic, key, changeIds } of stale) await publish(env, publishers, { topic, key }, changeIds);
}
