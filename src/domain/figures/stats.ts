import * as z from "zod";
import { DAY, type UnixSeconds } from "../../lib/time.ts";
import { STATUS_SQL } from "../licensing/license-status.ts";

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

/** What an operator wants to see at a glance, counted at one moment. */
export type Stats = {
  /** Licenses by their derived status, and releases by their stored one. A status that nothing has is absent. */
  licenses: Record<string, number>;
  releases: Record<string, number>;
  /** Machines that hold a seat by being activated. */
  active_machines: number;
  /** Signed links whose bytes were fetched, most fetched file first. */
  downloads: z.output<typeof DownloadCount>[];
  /** Changes that KV has yet to be told; `oldest_age` in seconds, null when there are none. */
  outbox: { entries: number; oldest_age: number | null };
};

/**
 * Downloads of each file, in all and since two times (parameters 1 and 2). Whole days come from the aggregate; only what is
 * left of the days in which those times lie is counted by itself.
 */
const DOWNLOADS_SQL = `SELECT worker_id, version, platform, sum(total) AS total, sum(since_1) AS last_7_days, sum(since_2) AS last_30_days
  FROM (
    SELECT worker_id, version, platform, count AS total, iif(day > ?1, count, 0) AS since_1, iif(day > ?2, count, 0) AS since_2
      FROM download_days
    UNION ALL SELECT worker_id, version, platform, 0, 1, 0 FROM downloads WHERE ${restOfDay("?1")}
    UNION ALL SELECT worker_id, version, platform, 0, 0, 1 FROM downloads WHERE ${restOfDay("?2")}
  ) GROUP BY worker_id, version, platform ORDER BY total DESC, worker_id, version, platform`;

/** What was downloaded after a time and on its day, by the index of workers and times. */
function restOfDay(time: string): string {
  return `worker_id IN (SELECT worker_id FROM download_days) AND at > ${time} AND at < ${time} - ${time} % ${DAY} + ${DAY}`;
}

/** Counts everything in one transaction. It reads whole tables: for people who look, not for machines that poll. */
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
