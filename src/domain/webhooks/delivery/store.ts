import * as z from "zod";
import type { UnixSeconds } from "../../../lib/time.ts";
import { Problem } from "../../../platform/http/problem.ts";
import { AUDIT_COLUMNS, type AuditEntry, AuditRow } from "../../../platform/identity/audit-store.ts";
import { type Actor, newChange, recordAct } from "../../../platform/storage/ledger.ts";
import { readEndpoint } from "../endpoint/store.ts";
import type { Attempt, Outcome } from "./decision.ts";

/** The states of a delivery: it waits, the receiver has taken it, or it is given up until an admin sends it again. */
export const DELIVERY_STATES = ["pending", "delivered", "failed"] as const;

const DeliveryRow = z.object({
  endpoint_id: z.string(),
  sequence: z.number(),
  previous_sequence: z.number().nullable(),
  event_id: z.string(),
  action: z.string(),
  subject: z.string(),
  state: z.enum(DELIVERY_STATES),
  attempts: z.number(),
  queued_at: z.number(),
  first_attempt_at: z.number().nullable(),
  last_attempt_at: z.number().nullable(),
  next_attempt_at: z.number(),
  last_status: z.number().nullable(),
  last_error: z.string().nullable(),
  last_ms: z.number().nullable(),
  delivered_at: z.number().nullable(),
});

/** One event for one endpoint. */
export type Delivery = z.output<typeof DeliveryRow>;

/** Up to `limit` deliveries of an endpoint, newest first; only those before the number `before` if it is given. */
export async function listDeliveries(
  db: D1Database,
  endpointId: string,
  { limit, before, state }: { limit: number; before?: number | undefined; state?: Delivery["state"] | undefined },
): Promise<Delivery[]> {
  // Each state but `delivered` has an index. Of these most deliveries are, so the newest ones are found among all.
  const ofState = state === undefined ? "" : `AND state = '${state}'`;
  const { results } = await db
    .prepare(
      `SELECT * FROM webhook_deliveries WHERE endpoint_id = ?1 AND (?2 IS NULL OR sequence < ?2) ${ofState}
       ORDER BY sequence DESC LIMIT ?3`,
    )
    .bind(endpointId, before ?? null, limit)
    .all();
  return results.map((row) => DeliveryRow.parse(row));
}

/** The delivery of an event. Throws NOT_FOUND if the endpoint was not sent it, or if retention has removed it. */
export async function readDelivery(db: D1Database, endpointId: string, sequence: number): Promise<Delivery> {
  const row = await db
    .prepare("SELECT * FROM webhook_deliveries WHERE endpoint_id = ? AND sequence = ?")
    .bind(endpointId, sequence)
    .first();
  if (row !== null) return DeliveryRow.parse(row);
  const detail = "This endpoint has no delivery of this event. Deliveries are kept for 30 days.";
  throw new Problem({ code: "NOT_FOUND", detail });
}

/** A delivery that is due, and its entry of the trail; null once retention has deleted it. */
export type DueDelivery = { delivery: Delivery; entry: AuditEntry | null };

/**
 * Up to `limit` deliveries of an endpoint that are due at `now`, the longest due first. Of the events about one subject
 * only the oldest that waits is due, so that a receiver gets them in their order. Throws D1's errors.
 */
export async function dueDeliveries(
  db: D1Database,
  endpointId: string,
  now: UnixSeconds,
  limit: number,
): Promise<DueDelivery[]> {
  const { results } = await db
    .prepare(
      `SELECT * FROM webhook_deliveries AS due WHERE endpoint_id = ?1 AND state = 'pending' AND next_attempt_at <= ?2
         AND NOT EXISTS (SELECT 1 FROM webhook_deliveries AS earlier WHERE earlier.endpoint_id = ?1 AND earlier.state = 'pending'
           AND earlier.subject = due.subject AND earlier.sequence < due.sequence)
       ORDER BY next_attempt_at, sequence LIMIT ?3`,
    )
    .bind(endpointId, now, limit)
    .all();
  const deliveries = results.map((row) => DeliveryRow.parse(row));
  if (deliveries.length === 0) return [];
  const numbers = JSON.stringify(deliveries.map(({ sequence }) => sequence));
  const { results: rows } = await db
    .prepare(`SELECT ${AUDIT_COLUMNS} FROM audit WHERE sequence IN (SELECT value FROM json_each(?))`)
    .bind(numbers)
    .all();
  const entries = new Map(rows.map((row) => AuditRow.parse(row)).map((entry) => [entry.sequence, entry]));
  return deliveries.map((delivery) => ({ delivery, entry: entries.get(delivery.sequence) ?? null }));
}

/** Records an attempt at `now` and what becomes of the delivery. */
export function recordAttempt(
  db: D1Database,
  { endpoint_id, sequence }: Delivery,
  { status, error, ms }: Attempt,
  outcome: Outcome,
  now: UnixSeconds,
): D1PreparedStatement {
  const next = outcome.state === "pending" ? outcome.next_attempt_at : now;
  return db
    .prepare(
      `UPDATE webhook_deliveries SET state = ?3, attempts = attempts + 1, first_attempt_at = coalesce(first_attempt_at, ?4),
         last_attempt_at = ?4, next_attempt_at = ?5, last_status = ?6, last_error = ?7, last_ms = ?8,
         delivered_at = iif(?3 = 'delivered', ?4, delivered_at)
       WHERE endpoint_id = ?1 AND sequence = ?2 AND state = 'pending'`,
    )
    .bind(endpoint_id, sequence, outcome.state, now, next, status, error, ms);
}

/** The deliveries to send again: one by its number, or those of a stretch of the sequence. */
export type Replay = { from: number; to: number; state: "failed" | "any" };

/**
 * Makes deliveries due again, with all their attempts. The receiver gets the same message with the same `webhook-id`.
 * Returns how many there are. Throws NOT_FOUND, CONFLICT for a disabled or removed endpoint, and D1's errors.
 */
export async function replayDeliveries(
  db: D1Database,
  admin: Actor,
  endpointId: string,
  { from, to, state }: Replay,
  reason: string | null,
): Promise<number> {
  const { disabled_by, removed_at } = await readEndpoint(db, endpointId);
  if (removed_at !== null) throw new Problem({ code: "CONFLICT", detail: "This endpoint is removed. Add a new one." });
  if (disabled_by !== null)
    throw new Problem({ code: "CONFLICT", detail: "This endpoint is disabled. Enable it first." });
  const count = await countReplay(db, endpointId, { from, to, state });
  if (count === 0) return 0;
  const details = { from, to, state, count };
  await recordAct(db, newChange(admin, { action: "webhook.replay", subject: endpointId, reason, details }), [
    db
      .prepare(
        `UPDATE webhook_deliveries SET state = 'pending', attempts = 0, first_attempt_at = NULL, next_attempt_at = ?4
         WHERE endpoint_id = ?1 AND sequence BETWEEN ?2 AND ?3 AND ${condition(state)}`,
      )
      .bind(endpointId, from, to, admin.now),
  ]);
  return count;
}

/** The number of deliveries that `replayDeliveries` would send again. */
export async function countReplay(db: D1Database, endpointId: string, { from, to, state }: Replay): Promise<number> {
  const count = await db
    .prepare(
      `SELECT count(*) AS n FROM webhook_deliveries WHERE endpoint_id = ?1 AND sequence BETWEEN ?2 AND ?3 AND ${condition(state)}`,
    )
    .bind(endpointId, from, to)
    .first<number>("n");
  return count ?? 0;
}

/** What waits is sent anyway. */
const condition = (state: Replay["state"]): string => (state === "failed" ? "state = 'failed'" : "state <> 'pending'");

/** Writes the act that sends a test to an endpoint. Throws NOT_FOUND, CONFLICT for a disabled or removed endpoint. */
export async function testEndpoint(db: D1Database, admin: Actor, endpointId: string): Promise<string> {
  const { disabled_by, removed_at } = await readEndpoint(db, endpointId);
  if (removed_at !== null) throw new Problem({ code: "CONFLICT", detail: "This endpoint is removed. Add a new one." });
  if (disabled_by !== null)
    throw new Problem({ code: "CONFLICT", detail: "This endpoint is disabled. Enable it first." });
  const act = newChange(admin, { action: "webhook.test", subject: endpointId });
  await recordAct(db, act);
  return act.id;
}
