import * as z from "zod";
import { earliestId } from "../../lib/id.ts";
import { DAY, startOfDay, type UnixSeconds } from "../../lib/time.ts";
import { DOWNLOADS_SINCE } from "../../platform/usage/read.ts";

/** The count of `name` on a day. A day with a count of zero is absent. */
export type DayCount = { day: UnixSeconds; name: string; count: number };

/** The count of `name` over all days of a history. */
export type NameCount = { name: string; count: number };

/** The kinds of money events. */
export const MONEY_EVENTS = ["purchases", "renewals", "refunds", "disputes"] as const;

const DayCounts = z.array(z.object({ day: z.number(), name: z.string(), count: z.number() }));
const NameCounts = z.array(z.object({ name: z.string(), count: z.number() }));
const StandingDays = z.array(z.object({ day: z.number(), active: z.number(), machines: z.number() }));

/** Counts of the statistics since a day. */
export type UsageHistory = {
  downloadsByWorker: DayCount[];
  downloadsByVersion: NameCount[];
  downloadsByPlatform: NameCount[];
  /** Downloads in the same number of days before. */
  downloadsBefore: number;
  refusalsByArea: DayCount[];
  /** Named `area code`. */
  refusalsByCode: NameCount[];
  standings: { day: UnixSeconds; active: number; machines: number }[];
};

/** The history without a count: of statistics that do not answer. */
export const NO_HISTORY: UsageHistory = {
  downloadsByWorker: [],
  downloadsByVersion: [],
  downloadsByPlatform: [],
  downloadsBefore: 0,
  refusalsByArea: [],
  refusalsByCode: [],
  standings: [],
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

/** The first seconds of the last `length` days (UTC), today last. */
export const lastDays = (length: number, now: UnixSeconds): UnixSeconds[] =>
  Array.from({ length }, (_, index) => startOfDay(now) - (length - 1 - index) * DAY);

/** The money events of the ledger since the day that begins at `first`, by day. Throws D1's errors. */
export async function readMoney(db: D1Database, first: UnixSeconds): Promise<DayCount[]> {
  const { results } = await db.prepare(MONEY_SQL).bind(earliestId("chg", first), first).all();
  return DayCounts.parse(results);
}

/** Downloads and refusals of the last `length` days including today, by day. Throws the errors of the statistics. */
export async function readUsageHistory(
  statistics: D1Database,
  length: number,
  now: UnixSeconds,
): Promise<UsageHistory> {
  const [first = now] = lastDays(length, now);
  const since = (sql: string) => statistics.prepare(sql).bind(first);
  const results = await statistics.batch([
    since(`SELECT day, worker_id AS name, sum(count) AS count FROM ${DOWNLOADS_SINCE} GROUP BY 1, 2`),
    since(
      `SELECT worker_id || ' ' || version AS name, sum(count) AS count FROM ${DOWNLOADS_SINCE}
       GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 8`,
    ),
    since(`SELECT platform AS name, sum(count) AS count FROM ${DOWNLOADS_SINCE} GROUP BY 1 ORDER BY 2 DESC`),
    statistics
      .prepare(
        "SELECT 'before' AS name, coalesce(sum(count), 0) AS count FROM download_days WHERE day >= ? AND day < ?",
      )
      .bind(first - length * DAY, first),
    since("SELECT day, area AS name, sum(count) AS count FROM refusal_days WHERE day >= ? GROUP BY 1, 2"),
    since(
      "SELECT area || ' ' || code AS name, sum(count) AS count FROM refusal_days WHERE day >= ? GROUP BY 1 ORDER BY 2 DESC, 1",
    ),
    since("SELECT day, active, machines FROM standing_days WHERE day >= ? ORDER BY day"),
  ]);
  const rows = (index: number): unknown => results[index]?.results;
  return {
    downloadsByWorker: DayCounts.parse(rows(0)),
    downloadsByVersion: NameCounts.parse(rows(1)),
    downloadsByPlatform: NameCounts.parse(rows(2)),
    downloadsBefore: NameCounts.parse(rows(3))[0]?.count ?? 0,
    refusalsByArea: DayCounts.parse(rows(4)),
    refusalsByCode: NameCounts.parse(rows(5)),
    standings: StandingDays.parse(rows(6)),
  };
}

/** The number of days in which places are compared, including today. */
export const UNUSUAL_DAYS = 7;

/** The number of countries up to which a week's use is usual. */
const USUAL_COUNTRIES = 3;

/** Use is usual up to this many networks: home, work, phone, a cloud and one more, or half the machine limit. */
const usualNetworks = (machineLimit: number): number => Math.max(5, Math.floor(machineLimit / 2));

/** The number of countries and networks in which a license was used within UNUSUAL_DAYS. */
export type Spread = { countries: number; networks: number; machine_limit: number };

/** Whether a license was used in so many places that its key may have been shared or stolen. */
export const isUnusual = ({ countries, networks, machine_limit }: Spread): boolean =>
  countries > USUAL_COUNTRIES || networks > usualNetworks(machine_limit);

const SpreadRow = z.object({
  license_id: z.string(),
  countries: z.number(),
  networks: z.number(),
  names: z.string().transform((list) => list.split(",")),
});
const OwnerRow = z.object({ id: z.string(), email: z.string(), machine_limit: z.number() });

/** A license with unusual use. `names` are country codes. */
export type UnusualUse = z.output<typeof SpreadRow> & { email: string; machine_limit: number };

/** The licenses with the most networks that are looked up in the ledger. */
const CANDIDATES = 500;

/** Up to `limit` licenses with unusual use in the days up to `now`, the most networks first. Throws D1's errors. */
export async function listUnusualUse(
  { DB, STATISTICS }: Pick<Env, "DB" | "STATISTICS">,
  now: UnixSeconds,
  limit: number,
): Promise<UnusualUse[]> {
  const { results } = await STATISTICS.prepare(
    `SELECT license_id, count(DISTINCT country) AS countries, count(DISTINCT network) AS networks,
       group_concat(DISTINCT country) AS names
     FROM license_places WHERE last_day >= ?1 GROUP BY license_id HAVING count(*) > ?2
     ORDER BY networks DESC, countries DESC, license_id LIMIT ${CANDIDATES}`,
  )
    .bind(startOfDay(now) - (UNUSUAL_DAYS - 1) * DAY, USUAL_COUNTRIES)
    .all();
  const spreads = z.array(SpreadRow).parse(results);
  const ids = JSON.stringify(spreads.map(({ license_id }) => license_id));
  const owners = await DB.prepare(
    "SELECT id, email, machine_limit FROM licenses WHERE id IN (SELECT value FROM json_each(?))",
  )
    .bind(ids)
    .all();
  const byId = new Map(
    z
      .array(OwnerRow)
      .parse(owners.results)
      .map((owner) => [owner.id, owner]),
  );
  return spreads
    .flatMap((spread) => {
      const owner = byId.get(spread.license_id);
      return owner ? [{ ...spread, email: owner.email, machine_limit: owner.machine_limit }] : [];
    })
    .filter(isUnusual)
    .slice(0, limit);
}
