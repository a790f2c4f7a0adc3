import * as z from "zod";
import { DAY, startOfDay, type UnixSeconds } from "../../lib/time.ts";
import { DOWNLOADS_SINCE, unlessDown } from "../../platform/usage/read.ts";
import type { LicenseStatus } from "../licensing/license/record.ts";
import { readStandings } from "./standings.ts";

/** The ledger and the statistics. */
export type Stores = Pick<Env, "DB" | "STATISTICS">;

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
  /** Licenses by derived status. */
  licenses: Record<LicenseStatus, number>;
  /** Releases by stored status. A status with a count of zero is absent. */
  releases: Record<string, number>;
  /** Activated machines. */
  active_machines: number;
  /**
   * Downloads of each file, the most downloaded first. A resumed download counts once. Null: the statistics are down.
   */
  downloads: z.output<typeof DownloadCount>[] | null;
  /** Changes that are not yet published to KV. `oldest_age` in seconds; null if there are none. */
  outbox: { entries: number; oldest_age: number | null };
};

const DOWNLOADS_SQL = `SELECT worker_id, version, platform, sum(count) AS total,
    sum(iif(day >= ?2, count, 0)) AS last_7_days, sum(iif(day >= ?3, count, 0)) AS last_30_days
  FROM ${DOWNLOADS_SINCE} GROUP BY 1, 2, 3 ORDER BY total DESC, worker_id, version, platform`;

/** Downloads of each file. The last 7 and 30 days (UTC) include today. Throws D1's errors. */
async function readDownloads(db: D1Database, now: UnixSeconds): Promise<Stats["downloads"]> {
  const daysAgo = (days: number) => startOfDay(now) - days * DAY;
  const { results } = await db.prepare(DOWNLOADS_SQL).bind(0, daysAgo(6), daysAgo(29)).all();
  return z.array(DownloadCount).parse(results);
}

/** Counts everything. It reads every day of downloads, so do not poll it. Throws the ledger's errors. */
export async function readStats({ DB, STATISTICS }: Stores, now: UnixSeconds): Promise<Stats> {
  const [standings, downloads, [releases, outbox]] = await Promise.all([
    readStandings(DB, now),
    unlessDown(readDownloads(STATISTICS, now)),
    DB.batch([
      DB.prepare("SELECT status, count(*) AS count FROM releases GROUP BY 1"),
      DB.prepare("SELECT count(*) AS entries, min(created_at) AS oldest_at FROM outbox"),
    ]),
  ]);
  const { entries, oldest_at } = Backlog.parse(outbox?.results[0]);
  const { machines, ...licenses } = standings;
  return {
    licenses,
    releases: byStatus(releases),
    active_machines: machines,
    downloads,
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
