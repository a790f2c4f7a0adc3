import { DAY, type UnixSeconds } from "../../lib/time.ts";
import { backupIdAt } from "./format.ts";

/** The days after which only the first backup of a month is kept. */
const DAILY_KEPT = 30;
/** The months for which the first backup of each is kept. */
const MONTHLY_KEPT = 12;

/**
 * The backups to delete at `now`: it keeps those of the last 30 days, the first one of each of the last 12 months, and
 * always the newest. The current month counts as one.
 */
export function outdatedBackups(ids: readonly string[], now: UnixSeconds): string[] {
  const sorted = [...ids].sort();
  const month = (id: string) => id.slice(0, 7);
  const recent = backupIdAt(now - DAILY_KEPT * DAY);
  const months = monthsUntil(now);
  return sorted.filter((id, at) => {
    const isFirstOfMonth = at === sorted.findIndex((other) => month(other) === month(id));
    return id < recent && !(isFirstOfMonth && months.has(month(id))) && at !== sorted.length - 1;
  });
}

function monthsUntil(now: UnixSeconds): Set<string> {
  const today = new Date(now * 1000);
  const year = today.getUTCFullYear();
  return new Set(
    Array.from({ length: MONTHLY_KEPT }, (_, back) =>
      new Date(Date.UTC(year, today.getUTCMonth() - back, 1)).toISOString().slice(0, 7),
    ),
  );
}
