import { logFailure } from "../../lib/log.ts";
import { MINUTE, type UnixSeconds } from "../../lib/time.ts";
import type { Publishers, RequestScope } from "../http/router.ts";
import { type Actor, newChange, type Publication, recordAct } from "./ledger.ts";

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
  const clear = env.DB.prepare("DELETE FROM outbox WHERE change_id = ?");
  if (changeIds.length > 0) await env.DB.batch(changeIds.map((id) => clear.bind(id)));
}

/** Longer than a request can still be working on its own entry, in seconds. */
const LONGEST_REQUEST = MINUTE;

/**
 * Publishes the records that requests left behind. The cron calls it every minute, at `now`. An entry that a running
 * request may still be publishing is published, too, but kept until the next minute. Returns the number of published
 * and of failed records. A failure keeps its entries and does not delay the others.
 */
export async function drainOutbox(
  env: Env,
  publishers: Publishers,
  now: UnixSeconds,
): Promise<{ published: number; failed: number }> {
  const { results } = await env.DB.prepare(
    `SELECT topic, key, json_group_array(change_id) FILTER (WHERE created_at <= ?) AS settled
     FROM outbox GROUP BY topic, key ORDER BY min(created_at) LIMIT 200`,
  )
    .bind(now - LONGEST_REQUEST)
    .all<Publication & { settled: string }>();
  let published = 0;
  let failed = 0;
  for (const { settled, ...publication } of results) {
    try {
      await publish(env, publishers, publication, JSON.parse(settled) as string[]);
      published++;
    } catch (error) {
      failed++;
      logPublicationFailure(publication, error);
    }
  }
  return { published, failed };
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

/**
 * Makes the cron write every record of the edge copy again from the ledger, some hundred a minute. Use it after the
 * ledger was restored, or after KV lost data. Returns the number of records. Idempotent. Throws D1's errors.
 */
export async function republishEverything(db: D1Database, admin: Actor, reason: string): Promise<number> {
  const change = newChange(admin, { action: "edge.republish", subject: "edge", reason });
  await recordAct(db, change, [
    db.prepare("INSERT INTO outbox SELECT ?1 || ':' || id, 'license', id, ?2 FROM licenses").bind(change.id, change.at),
    db
      .prepare(
        "INSERT INTO outbox SELECT ?1 || ':' || worker_id, 'manifest', worker_id, ?2 FROM releases GROUP BY worker_id",
      )
      .bind(change.id, change.at),
  ]);
  const row = await db
    .prepare("SELECT (SELECT count(*) FROM licenses) + (SELECT count(DISTINCT worker_id) FROM releases) AS records")
    .first<{ records: number }>();
  return row?.records ?? 0;
}
