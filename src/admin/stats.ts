import * as z from "zod";
import { STATUS_SQL } from "../licensing/license-status.ts";
import { DAY, type UnixSeconds } from "../time.ts";

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

/** Counts everything in one transaction. It reads whole tables: for people who look, not for machines that poll. */
export async function readStats(db: D1Database, now: UnixSeconds): Promise<Stats> {
  const [licenses, releases, machines, downloads, outbox] = await db.batch([
    db.prepare(`SELECT ${STATUS_SQL} AS status, count(*) AS count FROM licenses GROUP BY 1`).bind(now),
    db.prepare("SELECT status, count(*) AS count FROM releases GROUP BY 1"),
    db.prepare("SELECT count(*) AS count FROM machines WHERE deactivated_at IS NULL"),
    db
      .prepare(
        `SELECT worker_id, version, platform, count(*) AS total,
           count(*) FILTER (WHERE at > ?1) AS last_7_days, count(*) FILTER (WHERE at > ?2) AS last_30_days
         FROM downloads GROUP BY worker_id, version, platform ORDER BY total DESC, worker_id, version, platform`,
      )
      .bind(now - 7 * DAY, now - 30 * DAY),
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
