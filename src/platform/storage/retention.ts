import { DAY, HOUR, MINUTE, type UnixSeconds } from "../../lib/time.ts";

/** How long idempotency keys are kept, in seconds. No client retries for that long. */
const REQUESTS_KEPT = 30 * DAY;
/** Twice the period over which activations are throttled. */
const ACTIVATIONS_KEPT = 2 * DAY;
/**
 * A license may activate new machines every day (`activationsPerDay`), and each read of a license reads all of them.
 * Support may need to see deactivated machines. The period is longer than any lease, the longest token.
 */
const DEACTIVATED_MACHINES_KEPT = 90 * DAY;
/** The longest lease, 30 days, and a day for the clocks: no token names the place in the status lists after that. */
const SPENT_STATUS_INDICES_KEPT = 31 * DAY;
/** A checkout can be paid for a day, and a delayed payment fails within weeks. Later nobody asks for it. */
const UNPAID_ORDERS_KEPT = 90 * DAY;
/** A refunded order is kept as the record of a payment. Its buyer has no license, so no erasure finds the address. */
const REFUNDED_ADDRESSES_KEPT = 90 * DAY;
/** Twice as long as Stripe lists and resends events, so that no purged event comes back. */
const EVENTS_KEPT = 60 * DAY;
/** Mails contain addresses. A year and a month lets support answer for a purchase of last year. */
const MAILS_KEPT = 400 * DAY;
/** Marks of trials are about people, though they name nobody. After two years, a trial is a new one. */
const TRIAL_MARKS_KEPT = 730 * DAY;

/** The entries of the audit trail that customers make all day. The indexes and the trigger have the same conditions. */
const ROUTINE = `action = 'account.sign-in' OR (action IN ('machine.activate', 'machine.deactivate', 'machine.lease')
  AND actor >= 'license:' AND actor < 'license;')`;
/** As long as deactivated machines. */
const ROUTINE_KEPT = DEACTIVATED_MACHINES_KEPT;
/** The entries of renewals that changed nothing else. Stripe has the invoices. */
const RENEWAL = "action = 'license.follow-payment' AND json_remove(details, '$.expires_at') = '{}'";
/** As long as mails, so that support can answer for a purchase of last year. */
const RENEWALS_KEPT = MAILS_KEPT;

/** Deliveries of webhooks: as long as the other systems' own logs usually reach back. The trail keeps the events. */
const DELIVERIES_KEPT = 30 * DAY;

/** Dead letters of counts name licenses. Work that nobody has sent again for a month is not missed. */
const LETTERS_KEPT = 30 * DAY;

/** Whether the cron's minute `at` is the one each day (04:00 UTC) in which old rows are removed. */
export const isRetentionTime = (at: UnixSeconds): boolean => Math.floor((at % DAY) / MINUTE) === (4 * HOUR) / MINUTE;

/**
 * Removes rows of the ledger that nobody needs any more. It keeps the audit trail but for old routine, and
 * unfinished work: events that are unhandled or need attention, mails to send, and payments under way. Each statement
 * has an index of its own (migrations/0016_counts.sql). Throws D1's errors.
 */
export async function forgetOldRows(db: D1Database, now: UnixSeconds): Promise<void> {
  await db.batch([
    db.prepare("DELETE FROM idempotency_keys WHERE created_at < ?").bind(now - REQUESTS_KEPT),
    db.prepare("DELETE FROM machine_activations WHERE activated_at < ?").bind(now - ACTIVATIONS_KEPT),
    db
      .prepare(
        `DELETE FROM machines WHERE deactivated_at < ? AND lease_until <= ?
         AND NOT EXISTS (SELECT 1 FROM barred_machines WHERE machine_id = machines.id)`,
      )
      .bind(now - DEACTIVATED_MACHINES_KEPT, now),
    db.prepare("DELETE FROM spent_status_indices WHERE spent_at < ?").bind(now - SPENT_STATUS_INDICES_KEPT),
    db
      .prepare("DELETE FROM orders WHERE state IN ('open', 'failed') AND resolved_at IS NULL AND created_at < ?")
      .bind(now - UNPAID_ORDERS_KEPT),
    db
      .prepare("UPDATE orders SET email = NULL WHERE state = 'failed' AND email IS NOT NULL AND resolved_at < ?")
      .bind(now - REFUNDED_ADDRESSES_KEPT),
    db
      .prepare("DELETE FROM stripe_events WHERE handled_at IS NOT NULL AND attention = 0 AND received_at < ?")
      .bind(now - EVENTS_KEPT),
    db.prepare("DELETE FROM webhook_deliveries WHERE state <> 'pending' AND queued_at < ?").bind(now - DELIVERIES_KEPT),
    db.prepare("DELETE FROM device_logins WHERE expires_at < ?").bind(now),
    db.prepare("DELETE FROM trial_marks WHERE made_at < ?").bind(now - TRIAL_MARKS_KEPT),
    db.prepare("DELETE FROM dead_letters WHERE last_at < ?").bind(now - LETTERS_KEPT),
    db.prepare(`DELETE FROM audit WHERE (${ROUTINE}) AND at < ?`).bind(now - ROUTINE_KEPT),
    db.prepare(`DELETE FROM audit WHERE ${RENEWAL} AND at < ?`).bind(now - RENEWALS_KEPT),
    db.prepare("DELETE FROM mails WHERE sent_at IS NOT NULL AND created_at < ?").bind(now - MAILS_KEPT),
    db
      .prepare("DELETE FROM mails WHERE next_attempt_at IS NULL AND sent_at IS NULL AND created_at < ?")
      .bind(now - MAILS_KEPT),
  ]);
}
