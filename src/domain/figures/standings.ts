import { DAY, MINUTE, startOfDay, type UnixSeconds } from "../../lib/time.ts";
import { DECIDED_SQL, IN_FORCE_UNTIL_SQL, LAPSED_SQL, type LicenseStatus } from "../licensing/license/record.ts";

/** The number of licenses by status, and of activated machines. */
export type Standings = Record<LicenseStatus, number> & { machines: number };

/** Whether the cron stores the day's standings in the minute `at`: the first of the day. */
export const isStandingTime = (at: UnixSeconds): boolean => at - startOfDay(at) < MINUTE;

/** Licenses of `standing_counts` under a condition. */
const counted = (condition: string): string =>
  `coalesce((SELECT sum(count) FROM standing_counts WHERE ${condition}), 0)`;

/** Licenses whose time ends on the day that begins at ?2, under a condition. It uses the index `licenses_by_status`. */
const endingToday = (condition: string): string =>
  `(SELECT count(*) FROM licenses WHERE ${DECIDED_SQL} = 'none' AND ${IN_FORCE_UNTIL_SQL} >= ?2 AND ${IN_FORCE_UNTIL_SQL} < ?2 + ${DAY}
    AND ${condition})`;

const lapsed = (status: "suspended" | "expired"): string =>
  `${counted(`decided = 'none' AND lapsed = '${status}' AND until_day < ?2`)}
   + ${endingToday(`${IN_FORCE_UNTIL_SQL} <= ?1 AND ${LAPSED_SQL} = '${status}'`)}`;

/**
 * The standings at ?1, on the day that begins at ?2. Triggers keep the counts by the day on which a license ends, so
 * only the licenses that end today are read.
 */
const STANDINGS_SQL = `SELECT
  ${counted(`decided = 'none' AND until_day > ?2`)} + ${endingToday(`${IN_FORCE_UNTIL_SQL} > ?1`)} AS active,
  ${counted("decided = 'suspended'")} + ${lapsed("suspended")} AS suspended,
  ${lapsed("expired")} AS expired,
  ${counted("decided = 'revoked'")} AS revoked,
  coalesce((SELECT value FROM counters WHERE name = 'machines_active'), 0) AS machines`;

/** The standings at `now`. Throws D1's errors. */
export async function readStandings(db: D1Database, now: UnixSeconds): Promise<Standings> {
  const row = await db.prepare(STANDINGS_SQL).bind(now, startOfDay(now)).first<Standings>();
  if (row === null) throw new Error("a count always has one row");
  return row;
}

/** Stores the standings of the ledger at `now` as those of its day. Idempotent. Throws D1's errors. */
export async function keepStandings({ DB, STATISTICS }: Pick<Env, "DB" | "STATISTICS">, now: UnixSeconds) {
  const { active, suspended, expired, revoked, machines } = await readStandings(DB, now);
  await STATISTICS.prepare(
    `INSERT INTO standing_days (day, active, suspended, expired, revoked, machines) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
  )
    .bind(startOfDay(now), active, suspended, expired, revoked, machines)
    .run();
}
