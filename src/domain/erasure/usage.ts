import { withDeadline } from "../../lib/deadline.ts";
import { logFailure } from "../../lib/log.ts";
import { DAY, type UnixSeconds } from "../../lib/time.ts";
import { eraseLicenseUsage } from "../../platform/usage/read.ts";

/**
 * How long late counts of an erased license may arrive, in seconds. A queue keeps messages for days, and an admin may
 * send dead letters again.
 */
const LATE = 30 * DAY;

/** The licenses that one run cleans. */
const AT_ONCE = 50;

/**
 * Removes erased licenses from the statistics, the longest waiting first, and again until no late count can arrive. The
 * cron runs it each hour. Idempotent. Throws D1's errors; the licenses then wait for the next run.
 */
export async function eraseUsage({ DB, STATISTICS }: Pick<Env, "DB" | "STATISTICS">, now: UnixSeconds): Promise<void> {
  const { results } = await DB.prepare(
    `SELECT license_id, erased_at FROM usage_erasures ORDER BY cleaned_at LIMIT ${AT_ONCE}`,
  ).all<{ license_id: string; erased_at: number }>();
  for (const { license_id, erased_at } of results) {
    await STATISTICS.batch(eraseLicenseUsage(STATISTICS, license_id, now));
    const done =
      erased_at < now - LATE
        ? DB.prepare("DELETE FROM usage_erasures WHERE license_id = ?").bind(license_id)
        : DB.prepare("UPDATE usage_erasures SET cleaned_at = ? WHERE license_id = ?").bind(now, license_id);
    await done.run();
  }
}

/** How long a request waits for the statistics, in milliseconds. */
const PATIENCE_MS = 3_000;

/** `eraseUsage` for a request. `pending`: the statistics failed or are slow, and the cron retries. Never throws. */
export async function eraseUsageNow(
  stores: Pick<Env, "DB" | "STATISTICS">,
  now: UnixSeconds,
): Promise<"erased" | "pending"> {
  try {
    await withDeadline(() => eraseUsage(stores, now), PATIENCE_MS);
    return "erased";
  } catch (error) {
    logFailure("erasure.pending", error);
    return "pending";
  }
}
