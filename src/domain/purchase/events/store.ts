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

/** What is kept of an event: its object is always fetched again, never believed. */
export type EventFacts = Pick<StoredEvent, "id" | "type" | "object_id" | "created">;

/** What is kept of an event as Stripe sends or lists it. */
export function eventFacts({ id, type, created, data }: Stripe.Event): EventFacts {
  const object: unknown = data.object;
  const objectId = typeof object === "object" && object !== null && "id" in object ? object.id : null;
  return { id, type, created, object_id: typeof objectId === "string" ? objectId : null };
}

/** Keeps an event that has arrived; again is no error. Returns it as it is kept, with what became of it before. */
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

/** Marks an event as handled, with what became of it and which licenses (ids) it was about. One that is forgotten by now stays so. */
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

/** Marks an event as failed; it stays unhandled and is tried again. */
export async function eventFailed(db: D1Database, id: string, message: string): Promise<void> {
  await db
    .prepare("UPDATE stripe_events SET attempts = attempts + 1, last_error = ? WHERE id = ? AND handled_at IS NULL")
    .bind(message.slice(0, 500), id)
    .run();
}

/** Which events an admin or the reconciliation looks for. */
export type EventFilter = { state: "unhandled" | "attention"; receivedBefore?: UnixSeconds; maxAttempts?: number };

/** Up to `limit` events: what is unhandled oldest first, what needs attention newest first. */
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

/** One event, or null. */
export async function readEvent(db: D1Database, id: string): Promise<StoredEvent | null> {
  const row = await db.prepare("SELECT * FROM stripe_events WHERE id = ?").bind(id).first();
  return row === null ? null : EventRow.parse(row);
}

/**
 * The event of a webhook's raw body, if one of our secrets signed it (the current one, or the previous one while they are
 * being rotated) within Stripe's 300 s, and it is of our mode. Errors: SERVICE_UNAVAILABLE without a secret, because an
 * unsigned event is never believed; MALFORMED_REQUEST otherwise, whatever is wrong with it.
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
      return err({ code: "MALFORMED_REQUEST", detail: "The event is of the other mode." });
    }
    return ok(eventFacts(event));
  }
  return err({ code: "MALFORMED_REQUEST", detail: "The body does not carry a signature of ours, or it is too old." });
}
