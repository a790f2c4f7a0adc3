import type Stripe from "stripe";
import * as z from "zod";
import { err, ok, type Result } from "../../../lib/result.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import type { Config } from "../../../platform/config/config.ts";
import type { Refusal } from "../../../platform/http/problem.ts";

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
export type EventFacts = Pick<StoredEvent, "id" | "type" | "object_id" | "created">;

/** The stored part of an event that Stripe sends or lists. */
export function eventFacts({ id, type, created, data }: Stripe.Event): EventFacts {
  const object: unknown = data.object;
  const objectId = typeof object === "object" && object !== null && "id" in object ? object.id : null;
  return { id, type, created, object_id: typeof objectId === "string" ? objectId : null };
}

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
export type EventFilter = { state: "unhandled" | "attention"; receivedBefore?: UnixSeconds; maxAttempts?: number };

/** Up to `limit` events: unhandled ones oldest first, those that need attention newest first. Throws D1's errors. */
export async function listEvents(db: D1Database, filter: EventFilter, limit: number): Promise<StoredEvent[]> {
  const { results } = await db
    .prepare(
      `SELECT * FROM stripe_events WHERE ${filter.state === "unhandled" ? "handled_at IS NULL" : "attention = 1"}
       AND received_at <= ? AND attempts <= ? ORDER BY received_at ${filter.state === "unhandled" ? "ASC" : "DESC"}, id LIMIT ?`,
    )
    .bind(filter.receivedBefore ?? Number.MAX_SAFE_INTEGER, filter.maxAttempts ?? Number.MAX_SAFE_INTEGER, limit)
    .all();
  return results.map((row) => EventRow.parse(row));
}

/** One event, or null. Throws D1's errors. */
export async function readEvent(db: D1Database, id: string): Promise<StoredEvent | null> {
  const row = await db.prepare("SELECT * FROM stripe_events WHERE id = ?").bind(id).first();
  return row === null ? null : EventRow.parse(row);
}

/**
 * The event in a webhook's raw body. It must be signed with one of our secrets (the current one, or the previous one
 * during a rotation) within Stripe's 300 s, and be of our mode. Errors: SERVICE_UNAVAILABLE without a secret, because
 * an unsigned event is never trusted; MALFORMED_REQUEST for any other fault.
 */
export async function openWebhook(
  stripe: Pick<Stripe, "webhooks">,
  config: Pick<Config, "STRIPE_WEBHOOK_SECRET" | "STRIPE_WEBHOOK_SECRET_PREVIOUS" | "LIVEMODE">,
  body: string,
  signature: string | undefined,
): Promise<Result<EventFacts, Refusal>> {
  const secrets = [config.STRIPE_WEBHOOK_SECRET, config.STRIPE_WEBHOOK_SECRET_PREVIOUS].filter(
    (secret) => secret !== "",
  );
  if (config.STRIPE_WEBHOOK_SECRET === "") {
    return err({ code: "SERVICE_UNAVAILABLE", detail: "No webhook secret is configured." });
  }
  for (const secret of secrets) {
    const event = await stripe.webhooks.constructEventAsync(body, signature ?? "", secret).catch(() => null);
    if (!event) continue;
    if (event.livemode !== config.LIVEMODE) {
      return err({ code: "MALFORMED_REQUEST", detail: "The event is from the other mode (live or test)." });
    }
    return ok(eventFacts(event));
  }
  return err({ code: "MALFORMED_REQUEST", detail: "The body has no valid signature, or the signature is too old." });
}
