import { DAY, HOUR, MINUTE, type UnixSeconds } from "../time.ts";

/** How long a repeated request is recognized, in seconds: far longer than anybody retries. */
const REQUESTS_KEPT = 30 * DAY;
/** Twice as long as the throttle of activations looks back. */
const ACTIVATIONS_KEPT = 2 * DAY;

/** Whether the cron's minute `at` is the one of the day (04:00 UTC) at which old rows are forgotten. */
export const isRetentionTime = (at: UnixSeconds): boolean => Math.floor((at % DAY) / MINUTE) === (4 * HOUR) / MINUTE;

/** Removes rows that nothing looks at any more. The audit trail and what is counted stay. Throws what D1 throws. */
export async function forgetOldRows(db: D1Database, now: UnixSeconds): Promise<void> {
  await db.batch([
    db.prepare("DELETE FROM idempotency_keys WHERE created_at < ?").bind(now - REQUESTS_KEPT),
    db.prepare("DELETE FROM machine_activations WHERE activated_at < ?").bind(now - ACTIVATIONS_KEPT),
  ]);
}
