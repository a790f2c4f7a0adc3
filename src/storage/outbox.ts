import { currentTime } from "../time.ts";
import type { Publication } from "./ledger.ts";

/**
 * Writes the record of `key` to KV as the ledger has it now, and returns a mark of that state: the same mark means
 * that nothing has changed in between.
 */
export type Publisher = (env: Env, key: string) => Promise<string>;

/** How a topic's records are made. Given by the caller (src/publication.ts), so that storage knows no room. */
export type Publishers = Record<Publication["topic"], { publish: Publisher; mark: Publisher }>;

/**
 * Publishes one record and then removes the outbox entries that were there before it began.
 * Two requests may publish the same record at once, and the one that read the older state may write last: so the state
 * is compared after the write, and published again until it holds still. Entries are removed one by one, each only after
 * a write that includes it. Throws what D1 or KV throws; the entries then stay for the cron.
 */
export async function publish(env: Env, publishers: Publishers, { topic, key }: Publication): Promise<void> {
  const pending = await env.DB.prepare("SELECT change_id FROM outbox WHERE topic = ? AND key = ?")
    .bind(topic, key)
    .all<{ change_id: string }>();
  const { publish: write, mark } = publishers[topic];
  for (let written = await write(env, key); written !== (await mark(env, key)); written = await write(env, key));
  const clear = env.DB.prepare("DELETE FROM outbox WHERE change_id = ?");
  if (pending.results.length > 0) await env.DB.batch(pending.results.map(({ change_id }) => clear.bind(change_id)));
}

/**
 * Publishes what requests have left behind: called every minute. Returns how many records were published and how many
 * failed; a failure keeps its entry and does not keep the others waiting.
 */
export async function drainOutbox(env: Env, publishers: Publishers): Promise<{ published: number; failed: number }> {
  const { results } = await env.DB.prepare(
    "SELECT topic, key FROM outbox GROUP BY topic, key ORDER BY min(created_at) LIMIT 200",
  ).all<Publication>();
  let published = 0;
  let failed = 0;
  for (const publication of results) {
    try {
      await publish(env, publishers, publication);
      published++;
    } catch (error) {
      failed++;
      logPublicationFailure(publication, error);
    }
  }
  return { published, failed };
}

/** Publishes now; a failure is logged and retried with growing pauses by `later`, after the response has gone. */
export async function publishOrRetry(
  env: Env,
  publishers: Publishers,
  publication: Publication,
  later: (work: Promise<void>) => void,
): Promise<"published" | "pending"> {
  try {
    await publish(env, publishers, publication);
    return "published";
  } catch (error) {
    logPublicationFailure(publication, error);
    later(retry(env, publishers, publication));
    return "pending";
  }
}

/** KV takes one write a second for one key, so the first pause is already longer than that. */
const PAUSES_MS = [1_100, 3_000, 8_000];

async function retry(env: Env, publishers: Publishers, publication: Publication): Promise<void> {
  for (const pause of PAUSES_MS) {
    await scheduler.wait(pause);
    try {
      return await publish(env, publishers, publication);
    } catch (error) {
      logPublicationFailure(publication, error);
    }
  }
}

function logPublicationFailure({ topic, key }: Publication, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  console.error(JSON.stringify({ at: currentTime(), event: "publication.failed", topic, key, message }));
}
