import { MINUTE, startOfDay, type UnixSeconds } from "../../lib/time.ts";
import { LICENSE_STATUSES, type LicenseStatus, STATUS_SQL } from "../licensing/license-status.ts";

/** How many licenses there are by status, and machines that are activated. */
export type Standings = Record<LicenseStatus, number> & { machines: number };

/** Whether the cron's minute `at` is the one in which a day's standings are written down: its first. */
export const isStandingTime = (at: UnixSeconds): boolean => at - startOfDay(at) < MINUTE;

const COUNTS = `${LICENSE_STATUSES.map((status) => `count(*) FILTER (WHERE status = '${status}') AS ${status}`).join(", ")},
  (SELECT count(*) FROM machines WHERE deactivated_at IS NULL) AS machines
  FROM (SELECT ${STATUS_SQL} AS status FROM licenses)`;

/** The standings at `now`. Reads each license: seldom, and cached, where there may be many. Throws what D1 throws. */
export async function readStandings(db: D1Database, now: UnixSeconds): Promise<Standings> {
  const row = await db.prepare(`SELECT ${COUNTS}`).bind(now).first<Standings>();
  if (row === null) throw new Error("counts have always one row");
  return row;
}

/** Writes down the standings at `now` as those of its day; a second time changes nothing. Throws what D1 throws. */
export async function keepStandings(db: D1Database, now: UnixSeconds): Promise<void> {
  const columns = [...LICENSE_STATUSES, "machines"].join(", ");
  await db
    .prepare(
      `INSERT INTO standing_days (day, ${columns}) SELECT ?2, ${columns} FROM (SELECT ${COUNTS}) WHERE true ON CONFLICT DO NOTHING`,
    )
    .bind(now, startOfDay(now))
    .run();
}
