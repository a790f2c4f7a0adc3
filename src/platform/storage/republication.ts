import { logFailure } from "../../lib/log.ts";
import { type Actor, newChange, recordAct } from "./ledger.ts";
import { type Publishers, publish } from "./settle.ts";

/** The records that one invocation publishes, and how many at once. Each takes up to five of its 1,000 calls. */
const RECORDS_A_STEP = 150;
const AT_ONCE = 10;

/**
 * Notes that an admin wants every record of the edge copy written again from the ledger: after the ledger was restored,
 * or after KV lost data. The caller starts the job `republish` about the returned change. Returns the number of
 * records, too. Throws D1's errors.
 */
export async function requestRepublication(
  db: D1Database,
  admin: Actor,
  reason: string,
): Promise<{ changeId: string; records: number }> {
  const change = newChange(admin, { action: "edge.republish", subject: "edge", reason });
  await recordAct(db, change);
  const row = await db
    .prepare("SELECT (SELECT count(*) FROM licenses) + (SELECT count(DISTINCT worker_id) FROM releases) AS records")
    .first<{ records: number }>();
  return { changeId: change.id, records: row?.records ?? 0 };
}

/**
 * Publishes the next records: every manifest first, then the licenses in the order of their ids. `position` is the last
 * license that is done; null: begin. Returns the next position, or null at the end. A record that fails gets an entry
 * in the outbox, so that the cron retries it. Throws the errors of D1, and an error if KV takes none of many records:
 * the step is then repeated later, because a million entries would make the cron slow.
 */
export async function republishStep(
  env: Env,
  publishers: Publishers,
  position: string | null,
): Promise<{ position: string } | null> {
  if (position === null) {
    const { results } = await env.DB.prepare("SELECT DISTINCT worker_id AS id FROM releases").all<{ id: string }>();
    await publishAll(env, publishers, "manifest", results);
    return { position: "" };
  }
  const { results } = await env.DB.prepare("SELECT id FROM licenses WHERE id > ? ORDER BY id LIMIT ?")
    .bind(position, RECORDS_A_STEP)
    .all<{ id: string }>();
  await publishAll(env, publishers, "license", results);
  const last = results.at(-1)?.id;
  return last === undefined || results.length < RECORDS_A_STEP ? null : { position: last };
}

async function publishAll(
  env: Env,
  publishers: Publishers,
  topic: keyof Publishers,
  records: readonly { id: string }[],
): Promise<void> {
  const failed: string[] = [];
  for (let first = 0; first < records.length; first += AT_ONCE) {
    await Promise.all(
      records.slice(first, first + AT_ONCE).map(({ id }) =>
        publish(env, publishers, { topic, key: id }, []).catch((error: unknown) => {
          logFailure("publication.failed", error, { topic, key: id });
          failed.push(id);
        }),
      ),
    );
  }
  if (failed.length === 0) return;
  if (failed.length === records.length && failed.length > AT_ONCE) throw new Error("KV takes no record");
  await env.DB.prepare(
    `INSERT INTO outbox (change_id, topic, key, created_at)
     SELECT 'republish:' || ?1 || ':' || value, ?1, value, unixepoch() FROM json_each(?2) WHERE true ON CONFLICT DO NOTHING`,
  )
    .bind(topic, JSON.stringify(failed))
    .run();
}
