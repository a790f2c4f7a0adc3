import { logFailure } from "../../lib/log.ts";
import { MINUTE, type UnixSeconds } from "../../lib/time.ts";
import type { Publishers, RequestScope } from "../http/router.ts";
import type { Publication } from "./ledger.ts";

export type { Publishers };

/** A KV record to publish, and the changes whose outbox entries are removed afterwards. */
export type Stale = Publication & { changeIds: readonly string[] };

/** The work after a commit: the KV records that it made stale, and whether it queued a mail. */
export type Changes = { stale: readonly Stale[]; mail?: boolean };

/** Nothing to settle. */
export const NO_CHANGES: Changes = { stale: [] };

/** Whether the edge copy agrees with the ledger. `pending`: KV did not take the write, and it is retried. */
export type EdgeState = "published" | "pending";

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

/**
 * Publishes one record, and then removes the outbox entries `changeIds`, which belong to the caller. Two requests may
 * publish the same record at once, and the one with the older state may write last. So the state is compared after each
 * write, and published again until it is stable. A request that is cut off between its write and that comparison may
 * leave the older state in KV. Its own entry is still there then, and makes the cron publish again. Throws the errors
 * of D1 and KV; the entries stay.
 */
export async function publish(
  env: Env,
  publishers: Publishers,
  { topic, key }: Publication,
  changeIds: readonly string[],
): Promise<void> {
  const { publish: write, mark } = publishers[topic];
  let written = await write(env, key);
  while (written !== (await mark(env, key))) written = await write(env, key);
  if (changeIds.length === 0) return;
  const clear = "DELETE FROM outbox WHERE change_id IN (SELECT value FROM json_each(?))";
  await env.DB.prepare(clear).bind(JSON.stringify(changeIds)).run();
}

/** Longer than a request can still be working on its own entry, in seconds. */
const LONGEST_REQUEST = MINUTE;

/**
 * The records that one invocation publishes. Each takes up to five of its 1,000 calls of bindings, and the record of
 * one of the few workers up to 15.
 */
export const RECORDS_A_RUN = 150;

/**
 * The acts that take no rights away. Their records wait until those of all other acts are published, so that an act
 * that is missing here is only early.
 */
const GIVING_ACTS = [
  "license.issue",
  "license.import",
  "license.exchange-key",
  "license.buy",
  "license.extend",
  "license.reinstate",
  "machine.activate",
  "machine.lease",
  "release.create",
  "release.publish",
  "release.provenance",
  "artifact.create",
  "artifact.complete",
  "artifact.restart",
] as const;

/** The published and the failed records of a run, and whether more wait that the next run can publish. */
export type Drained = { published: number; failed: number; hasMore: boolean };

/**
 * Publishes the records that requests left behind: first those that take rights away (revocations, blocks), then the
 * oldest. The cron calls it every minute, at `now`. An entry that a running request may still be publishing is
 * published, too, but kept until the next minute. A failure keeps its entries and does not delay the others.
 */
export async function drainOutbox(env: Env, publishers: Publishers, now: UnixSeconds): Promise<Drained> {
  const { results } = await env.DB.prepare(
    `SELECT topic, key, json_group_array(change_id) FILTER (WHERE created_at <= ?1) AS settled
     FROM outbox LEFT JOIN audit ON audit.id = change_id
     GROUP BY topic, key
     ORDER BY min(action IS NULL OR action IN (SELECT value FROM json_each(?2))), min(created_at) LIMIT ${RECORDS_A_RUN}`,
  )
    .bind(now - LONGEST_REQUEST, JSON.stringify(GIVING_ACTS))
    .all<Publication & { settled: string }>();
  const drained = { published: 0, failed: 0, cleared: 0 };
  for (const { settled, ...publication } of results) {
    try {
      const changeIds = JSON.parse(settled) as string[];
      await publish(env, publishers, publication, changeIds);
      drained.published++;
      if (changeIds.length > 0) drained.cleared++;
    } catch (error) {
      drained.failed++;
      logPublicationFailure(publication, error);
    }
  }
  const { published, failed, cleared } = drained;
  return { published, failed, hasMore: results.length === RECORDS_A_RUN && cleared > 0 };
}

/** `publish`, but a failure is logged, and `later` retries it with growing pauses after the response. */
async function publishOrRetry(
  env: Env,
  publishers: Publishers,
  publication: Publication,
  changeIds: readonly string[],
  later: (work: Promise<void>) => void,
): Promise<EdgeState> {
  try {
    await publish(env, publishers, publication, changeIds);
    return "published";
  } catch (error) {
    logPublicationFailure(publication, error);
    later(retry(env, publishers, publication, changeIds));
    return "pending";
  }
}

/** KV takes one write a second for each key, so the first pause is longer than that. */
const PAUSES_MS = [1_100, 3_000, 8_000];

async function retry(
  env: Env,
  publishers: Publishers,
  publication: Publication,
  changeIds: readonly string[],
): Promise<void> {
  for (const pause of PAUSES_MS) {
    await scheduler.wait(pause);
    try {
      return await publish(env, publishers, publication, changeIds);
    } catch (error) {
      logPublicationFailure(publication, error);
    }
  }
}

function logPublicationFailure({ topic, key }: Publication, error: unknown): void {
  logFailure("publication.failed", error, { topic, key });
}
