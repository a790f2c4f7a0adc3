import { DAY, HOUR, MINUTE, type UnixSeconds } from "../../lib/time.ts";

/** How long a repeated request is recognized, in seconds: far longer than anybody retries. */
const REQUESTS_KEPT = 30 * DAY;
/** Twice as long as the throttle of activations looks back. */
const ACTIVATIONS_KEPT = 2 * DAY;
/**
 * Whoever reads a license reads its machines, too, of which it may make new ones every day (`activationsPerDay`). Deactivated ones
 * are for support to look at: far longer than a lease, the longest token, can run.
 */
const DEACTIVATED_MACHINES_KEPT = 90 * DAY;
/** A checkout can be paid for a day, and a delayed payment fails within weeks: after three months nobody asks for it. */
const UNPAID_ORDERS_KEPT = 90 * DAY;
/** Twice as long as Stripe lists events or lets them be sent again: none comes back that was forgotten. */
const EVENTS_KEPT = 60 * DAY;
/** Mails hold addresses. A year and a month, so that support can answer for a purchase of last year. */
const MAILS_KEPT = 400 * DAY;

/** From where licenses are used tells something of people: no longer than abuse is looked for. Refusals go with it. */
const USAGE_KEPT = 90 * DAY;

/** Whether the cron's minute `at` is the one of the day (04:00 UTC) at which old rows are forgotten. */
export const isRetentionTime = (at: UnixSeconds): boolean => Math.floor((at % DAY) / MINUTE) === (4 * HOUR) / MINUTE;

/**
 * Removes rows that nothing looks at any more. The audit trail and what is counted stay, and so does what is not done: events
 * that are unhandled or need attention, mails that are still to be sent, payments under way. Throws what D1 throws.
 */
export async function forgetOldRows(db: D1Database, now: UnixSeconds): Promise<void> {
  await db.batch([
    db.prepare("DELETE FROM idempotency_keys WHERE created_at < ?").bind(now - REQUESTS_KEPT),
    db.prepare("DELETE FROM machine_activations WHERE activated_at < ?").bind(now - ACTIVATIONS_KEPT),
    db
      .prepare("DELETE FROM machines WHERE deactivated_at < ? AND lease_until <= ?")
      .bind(now - DEACTIVATED_MACHINES_KEPT, now),
    db
      .prepare("DELETE FROM orders WHERE state IN ('open', 'failed') AND created_at < ?")
      .bind(now - UNPAID_ORDERS_KEPT),
    db
      .prepare("DELETE FROM stripe_events WHERE handled_at IS NOT NULL AND attention = 0 AND received_at < ?")
      .bind(now - EVENTS_KEPT),
    db.prepare("DELETE FROM refusal_days WHERE day < ?").bind(now - USAGE_KEPT),
    db.prepare("DELETE FROM license_refusals WHERE day < ?").bind(now - USAGE_KEPT),
    db.prepare("DELETE FROM license_places WHERE last_day < ?").bind(now - USAGE_KEPT),
    db.prepare("DELETE FROM mails WHERE next_attempt_at IS NULL AND created_at < ?").bind(now - MAILS_KEPT),
  ]);
}
