import * as z from "zod";
import { DAY, MINUTE, startOfDay, type UnixSeconds } from "../../lib/time.ts";
import { LICENSE_STATUSES, type LicenseStatus, STATUS_SQL } from "../licensing/license/record.ts";

const StatusCount = z.object({ status: z.string(), count: z.number() });

const DownloadCount = z.object({
  worker_id: z.string(),
  version: z.string(),
  platform: z.string(),
  total: z.number(),
  last_7_days: z.number(),
  last_30_days: z.number(),
});

const Backlog = z.object({ entries: z.number(), oldest_at: z.number().nullable() });

/** An overview for operators, counted at one moment. */
export type Stats = {
  /** Licenses by derived status, and releases by stored status. A status with a count of zero is absent. */
  licenses: Record<string, number>;
  releases: Record<string, number>;
  /** Activated machines. */
  active_machines: number;
  /** Downloads of each file, the most downloaded first. A resumed download counts once. */
  downloads: z.output<typeof DownloadCount>[];
  /** Changes that are not yet published to KV. `oldest_age` in seconds; null if there are none. */
  outbox: { entries: number; oldest_age: number | null };
};

/**
 * Downloads of each file, in total and since two times (parameters 1 and 2). Whole days come from the aggregate. Only
 * the rest of the two days that contain these times is counted by row.
 */
const DOWNLOADS_SQL = `SELECT worker_id, version, platform, sum(total) AS total, sum(since_1) AS last_7_days, sum(since_2) AS last_30_days
  FROM (
    SELECT worker_id, version, platform, count AS total, iif(day > ?1, count, 0) AS since_1, iif(day > ?2, count, 0) AS since_2
      FROM download_days
    UNION ALL SELECT worker_id, version, platform, 0, 1, 0 FROM downloads WHERE ${restOfDay("?1")}
    UNION ALL SELECT worker_id, version, platform, 0, 0, 1 FROM downloads WHERE ${restOfDay("?2")}
  ) GROUP BY worker_id, version, platform ORDER BY total DESC, worker_id, version, platform`;

/** The condition for downloads after a time on the same day. It uses the index of workers and times. */
function restOfDay(time: string): string {
  return `worker_id IN (SELECT worker_id FROM download_days) AND at > ${time} AND at < ${time} - ${time} % ${DAY} + ${DAY}`;
}

/** Counts everything in one transaction. It reads whole tables, so do not poll it. Throws D1's errors. */
export async function readStats(db: D1Database, now: UnixSeconds): Promise<Stats> {
  const [licenses, releases, machines, downloads, outbox] = await db.batch([
    db.prepare(`SELECT ${STATUS_SQL} AS status, count(*) AS count FROM licenses GROUP BY 1`).bind(now),
    db.prepare("SELECT status, count(*) AS count FROM releases GROUP BY 1"),
    db.prepare("SELECT count(*) AS count FROM machines WHERE deactivated_at IS NULL"),
    db.prepare(DOWNLOADS_SQL).bind(now - 7 * DAY, now - 30 * DAY),
    db.prepare("SELECT count(*) AS entries, min(created_at) AS oldest_at FROM outbox"),
  ]);
  const { entries, oldest_at } = Backlog.parse(outbox?.results[0]);
  return {
    licenses: byStatus(licenses),
    releases: byStatus(releases),
    active_machines: z.object({ count: z.number() }).parse(machines?.results[0]).count,
    downloads: z.array(DownloadCount).parse(downloads?.results),
    outbox: { entries, oldest_age: oldest_at === null ? null : Math.max(0, now - oldest_at) },
  };
}

const byStatus = (result: D1Result | undefined): Record<string, number> =>
  Object.fromEntries(
    z
      .array(StatusCount)
      .parse(result?.results)
      .map(({ status, count }) => [status, count]),
  );

/** The number of licenses by status, and of activated machines. */
export type Standings = Record<LicenseStatus, number> & { machines: number };

/** Whether the cron stores the day's standings in the minute `at`: the first of the day. */
export const isStandingTime = (at: UnixSeconds): boolean => at - startOfDay(at) < MINUTE;

const COUNTS = `${LICENSE_STATUSES.map((status) => `count(*) FILTER (WHERE status = '${status}') AS ${status}`).join(", ")},
  (SELECT count(*) FROM machines WHERE deactivated_at IS NULL) AS machines
  FROM (SELECT ${STATUS_SQL} AS status FROM licenses)`;

/** The standings at `now`. It reads every license. Throws D1's errors. */
export async function readStandings(db: D1Database, now: UnixSeconds): Promise<Standings> {
  const row = await db.prepare(`SELECT ${COUNTS}`).bind(now).first<Standings>();
  if (row === null) throw new Error("a count always has one row");
  return row;
}

/** Stores the standings at `now` as those of its day. Idempotent. Throws D1's errors. */
export async function keepStandings(db: D1Database, now: UnixSeconds): Promise<void> {
  const columns = [...LICENSE_STATUSES, "machines"].join(", ");
  await db
    .prepare(
      `INSERT INTO standing_days (day, ${columns}) SELECT ?2, ${columns} FROM (SELECT ${COUNTS}) WHERE true ON CONFLICT DO NOTHING`,
    )
    .bind(now, startOfDay(now))
    .run();
}
