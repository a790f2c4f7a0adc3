import { logFailure } from "../../lib/log.ts";
import { MINUTE, type UnixSeconds } from "../../lib/time.ts";
import type { Publishers } from "../http/router.ts";
import { type Actor, newChange, type Publication, recordAct } from "./ledger.ts";

export type { Publishers };

/**
 * Publishes one record and then removes the outbox entries `changeIds`, which are the caller's own.
 * Two requests may publish the same record at once, and the one that read the older state may write last: so the state is
 * compared after the write, and published again until it holds still. A request that is cut between its write and that
 * comparison may leave the older state behind; its own entry, which nobody else removes, then makes the cron publish again.
 * Throws what D1 or KV throws; the entries stay.
 */
export async function publish(
  env: Env,
  publishers: Publishers,
  { topic, key }: Publication,
  changeIds: readonly string[],
): Promise<void> {
  const { publish: write, mark } = publishers[topic];
  for (let written = await write(env, key); written !== (await mark(env, key)); written = await write(env, key));
  const clear = env.DB.prepare("DELETE FROM outbox WHERE change_id = ?");
  if (changeIds.length > 0) await env.DB.batch(changeIds.map((id) => clear.bind(id)));
}

/** Longer than a request can still be at work on its own entry, in seconds. */
const LONGEST_REQUEST = MINUTE;

/**
 * Publishes what requests have left behind: called every minute, at `now`. What is younger than any request that might
 * still be publishing it is published, too, but keeps its entry for the next time. Returns how many records were published
 * and how many failed; a failure keeps its entries and does not keep the others waiting.
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

/** `publish`; a failure is logged and retried with growing pauses by `later`, after the response has gone. */
export async function publishOrRetry(
  env: Env,
  publishers: Publishers,
  publication: Publication,
  changeIds: readonly string[],
  later: (work: Promise<void>) => void,
): Promise<"published" | "pending"> {
  try {
    await publish(env, publishers, publication, changeIds);
    return "published";
  } catch (error) {
    logPublicationFailure(publication, error);
    later(retry(env, publishers, publication, changeIds));
    return "pending";
  }
}

/** KV takes one write a second for one key, so the first pause is already longer than that. */
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
 * Has every record of the edge copy made again from the ledger, by the cron, some hundred a minute: after the ledger was
 * restored, or KV lost something. Returns how many records there are. Repeating it does no harm. Throws what D1 throws.
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
