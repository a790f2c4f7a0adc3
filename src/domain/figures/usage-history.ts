import * as z from "zod";
import { earliestId } from "../../lib/id.ts";
import { DAY, startOfDay, type UnixSeconds } from "../../lib/time.ts";

/** The count of `name` on a day. A day with a count of zero is absent. */
export type DayCount = { day: UnixSeconds; name: string; count: number };

/** The count of `name` over all days of a history. */
export type NameCount = { name: string; count: number };

/** The kinds of money events. */
export const MONEY_EVENTS = ["purchases", "renewals", "refunds", "disputes"] as const;

const DayCounts = z.array(z.object({ day: z.number(), name: z.string(), count: z.number() }));
const NameCounts = z.array(z.object({ name: z.string(), count: z.number() }));
const StandingDays = z.array(z.object({ day: z.number(), active: z.number(), machines: z.number() }));

/** Counts since a day. */
export type UsageHistory = {
  /** The first second of each day, today last. */
  days: UnixSeconds[];
  downloadsByWorker: DayCount[];
  downloadsByVersion: NameCount[];
  downloadsByPlatform: NameCount[];
  /** Downloads in the same number of days before. */
  downloadsBefore: number;
  money: DayCount[];
  refusalsByArea: DayCount[];
  /** Named `area code`. */
  refusalsByCode: NameCount[];
  standings: { day: UnixSeconds; active: number; machines: number }[];
};

/** A renewal is a payment that extended a license. Refunds and disputes count on their charge's last change. */
const MONEY_SQL = `SELECT at - at % ${DAY} AS day, CASE action WHEN 'license.buy' THEN 'purchases' ELSE 'renewals' END AS name, count(*) AS count
  FROM audit WHERE id >= ?1 AND (action = 'license.buy' OR action = 'license.follow-payment'
    AND json_extract(details, '$.expires_at') IS NOT NULL
    AND coalesce(json_extract(details, '$.subscription_state'), 'active') = 'active') GROUP BY 1, 2
  UNION ALL SELECT updated_at - updated_at % ${DAY}, 'refunds', count(*)
  FROM license_charges WHERE updated_at >= ?2 AND refund_state <> 'none' GROUP BY 1
  UNION ALL SELECT updated_at - updated_at % ${DAY}, 'disputes', count(*)
  FROM license_charges WHERE updated_at >= ?2 AND dispute_state <> 'none' GROUP BY 1`;

/** The history of the last `length` days including today, from aggregates and indexes only. Throws D1's errors. */
export async function readUsageHistory(db: D1Database, length: number, now: UnixSeconds): Promise<UsageHistory> {
  const today = startOfDay(now);
  const first = today - (length - 1) * DAY;
  const since = (sql: string) => db.prepare(sql).bind(first);
  const results = await db.batch([
    since("SELECT day, worker_id AS name, sum(count) AS count FROM download_days WHERE day >= ? GROUP BY 1, 2"),
    since(
      `SELECT worker_id || ' ' || version AS name, sum(count) AS count FROM download_days WHERE day >= ?
       GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 8`,
    ),
    since("SELECT platform AS name, sum(count) AS count FROM download_days WHERE day >= ? GROUP BY 1 ORDER BY 2 DESC"),
    db
      .prepare(
        "SELECT 'before' AS name, coalesce(sum(count), 0) AS count FROM download_days WHERE day >= ? AND day < ?",
      )
      .bind(first - length * DAY, first),
    db.prepare(MONEY_SQL).bind(earliestId("chg", first), first),
    since("SELECT day, area AS name, sum(count) AS count FROM refusal_days WHERE day >= ? GROUP BY 1, 2"),
    since(
      "SELECT area || ' ' || code AS name, sum(count) AS count FROM refusal_days WHERE day >= ? GROUP BY 1 ORDER BY 2 DESC, 1",
    ),
    since("SELECT day, active, machines FROM standing_days WHERE day >= ? ORDER BY day"),
  ]);
  const rows = (index: number): unknown => results[index]?.results;
  return {
    days: Array.from({ length }, (_, index) => first + index * DAY),
    downloadsByWorker: DayCounts.parse(rows(0)),
    downloadsByVersion: NameCounts.parse(rows(1)),
    downloadsByPlatform: NameCounts.parse(rows(2)),
    downloadsBefore: NameCounts.parse(rows(3))[0]?.count ?? 0,
    money: DayCounts.parse(rows(4)),
    refusalsByArea: DayCounts.parse(rows(5)),
    refusalsByCode: NameCounts.parse(rows(6)),
    standings: StandingDays.parse(rows(7)),
  };
}
