import { type Actor, newChange, recordAct } from "./ledger.ts";

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
