import * as z from "zod";
import type { UnixSeconds } from "../../../lib/time.ts";

const EventRow = z.object({
  id: z.string(),
  type: z.string(),
  object_id: z.string().nullable(),
  created: z.number(),
  received_at: z.number(),
  handled_at: z.number().nullable(),
  attempts: z.number(),
  outcome: z.string().nullable(),
  attention: z.number().transform((flag) => flag === 1),
  last_error: z.string().nullable(),
});
export type StoredEvent = z.output<typeof EventRow>;

/** The stored part of an event. Its object is always fetched again, because the event itself is not trusted. */
export type EventFacts = Pick<StoredEvent, "id" | "type" | "object_id" | "created"> & {
  /** The reason to ignore the event, if it is about no object of our account. Then `object_id` is null. */
  foreign?: string;
};

/** Stores a received event. Idempotent. Returns the stored event with its state. Throws D1's errors. */
export async function keepEvent(db: D1Database, event: EventFacts, now: UnixSeconds): Promise<StoredEvent> {
  const [, kept] = await db.batch([
    db
      .prepare(
        "INSERT INTO stripe_events (id, type, object_id, created, received_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
      )
      .bind(event.id, event.type, event.object_id, event.created, now),
    db.prepare("SELECT * FROM stripe_events WHERE id = ?").bind(event.id),
  ]);
  return EventRow.parse(kept?.results[0]);
}

/** Marks an event as handled, with its outcome and licenses; nothing if it was purged. Throws D1's errors. */
export async function eventHandled(
  db: D1Database,
  id: string,
  { outcome, attention, licenseIds }: { outcome: string; attention: boolean; licenseIds: string[] },
  now: UnixSeconds,
): Promise<void> {
  await db.batch([
    db
      .prepare(
        `UPDATE stripe_events SET handled_at = ?, outcome = ?, attention = ?, attempts = attempts + 1, last_error = NULL WHERE id = ?`,
      )
      .bind(now, outcome, attention ? 1 : 0, id),
    db
      .prepare(
        `INSERT INTO stripe_event_licenses (event_id, license_id)
         SELECT stripe_events.id, licenses.id FROM stripe_events JOIN licenses ON licenses.id IN (SELECT value FROM json_each(?2))
         WHERE stripe_events.id = ?1 ON CONFLICT DO NOTHING`,
      )
      .bind(id, JSON.stringify(licenseIds)),
  ]);
}

/** Marks an event as failed. It stays unhandled and is retried. Throws D1's errors. */
export async function eventFailed(db: D1Database, id: string, message: string): Promise<void> {
  await db
    .prepare("UPDATE stripe_events SET attempts = attempts + 1, last_error = ? WHERE id = ? AND handled_at IS NULL")
    .bind(message.slice(0, 500), id)
    .run();
}

/** The events to list, for an admin or the reconciliation. */
export type EventFilter = {
  state: "unhandled" | "attention";
  receivedAfter?: UnixSeconds;
  receivedBefore?: UnixSeconds;
  maxAttempts?: number;
};

/** Up to `limit` events: unhandled ones oldest first, those that need attention newest first. Throws D1's errors. */
export async function listEvents(db: D1Database, filter: EventFilter, limit: number): Promise<StoredEvent[]> {
  const { results } = await db
    .prepare(
      `SELECT * FROM stripe_events WHERE ${filter.state === "unhandled" ? "handled_at IS NULL" : "attention = 1"}
       AND received_at BETWEEN ? AND ? AND attempts <= ? ORDER BY received_at ${filter.state === "unhandled" ? "ASC" : "DESC"}, id LIMIT ?`,
    )
    .bind(
      filter.receivedAfter ?? 0,
      filter.receivedBefore ?? Number.MAX_SAFE_INTEGER,
      filter.maxAttempts ?? Number.MAX_SAFE_INTEGER,
      limit,
    )
    .all();
  return results.map((row) => EventRow.parse(row));
}

/** One event, or null. Throws D1's errors. */
export async function readEvent(db: D1Database, id: string): Promise<StoredEvent | null> {
  const row = await db.prepare("SELECT * FROM stripe_events WHERE id = ?").bind(id).first();
  return row === null ? null : EventRow.parse(row);
}

/**
 * The statement by which an admin dismisses an event: it no longer needs attention, and is not handled again. Keeps the
 * reason for its attention in `outcome`.
 */
export const eventDismissed = (db: D1Database, id: string, now: UnixSeconds): D1PreparedStatement =>
  db
    .prepare(
      `UPDATE stripe_events SET attention = 0, handled_at = coalesce(handled_at, ?),
         outcome = 'dismissed: ' || coalesce(last_error, outcome, 'not handled'), last_error = NULL
       WHERE id = ? AND (attention = 1 OR handled_at IS NULL)`,
    )
    .bind(now, id);
