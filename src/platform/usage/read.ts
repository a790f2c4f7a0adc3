import * as z from "zod";
import { withDeadline } from "../../lib/deadline.ts";
import { logFailure } from "../../lib/log.ts";
import { DAY, startOfDay, type UnixSeconds } from "../../lib/time.ts";
import { hoursByTable, LICENSE_DOWNLOAD_TABLES, LICENSE_DOWNLOADS_KEPT, startOfHour, unionAll } from "./partition.ts";
import { LICENSED_FOLD } from "./store.ts";

/** A read of the statistics that takes longer than this, in milliseconds, counts as failed. */
const PATIENCE_MS = 2_000;

/**
 * The value of a read of the statistics, or null if they fail or are slow. Nothing that is sold depends on them, so the
 * caller shows a note in place of the figures. Logs the failure.
 */
export async function unlessDown<Value>(read: Promise<Value>): Promise<Value | null> {
  try {
    return await withDeadline(() => read, PATIENCE_MS);
  } catch (error) {
    logFailure("statistics.unavailable", error);
    return null;
  }
}

/** The downloads since the day `?1` that are not in `download_days` yet: batches, and those of the current hour. */
const UNFOLDED = [
  `SELECT value ->> 0 AS day, value ->> 1 AS worker_id, value ->> 2 AS version, value ->> 3 AS platform, value ->> 4 AS count
   FROM download_batches, json_each(counts) WHERE value ->> 0 >= ?1`,
  ...LICENSE_DOWNLOAD_TABLES.map(
    (table) => `SELECT hour - hour % ${DAY} AS day, worker_id, version, platform, 1 AS count FROM ${table}
   WHERE hour >= max(?1, (SELECT at FROM watermarks WHERE name = '${LICENSED_FOLD}'))`,
  ),
];

/**
 * A subquery of all downloads since the day `?1`, as rows of `day, worker_id, version, platform, count`: the folded
 * days, the batches that are not folded, and the downloads with a license of the current hour.
 */
export const DOWNLOADS_SINCE = `(${unionAll([
  "SELECT day, worker_id, version, platform, count FROM download_days WHERE day >= ?1",
  ...UNFOLDED,
])})`;

/** The downloads of one file. */
export const FileCount = z.object({
  worker_id: z.string(),
  version: z.string(),
  platform: z.string(),
  /** Downloads since the beginning, including today's. */
  total: z.number(),
  /** Downloads of the last 30 days (UTC), today included. */
  last_30_days: z.number(),
  /** Downloads of the 30 days before today. */
  last_30_full_days: z.number(),
  today: z.number(),
});

export type FileCount = z.output<typeof FileCount>;

/** The files with their total, and those of the last days. The day before ?1 is out of every count of days. */
const FILE_COUNTS_SQL = `SELECT worker_id, version, platform, sum(total) AS total,
    sum(iif(day >= ?1 + ${DAY}, count, 0)) AS last_30_days,
    sum(iif(day >= ?1 AND day < ?2, count, 0)) AS last_30_full_days,
    sum(iif(day >= ?2, count, 0)) AS today
  FROM (
    SELECT NULL AS day, worker_id, version, platform, 0 AS count, count AS total FROM download_totals
    UNION ALL SELECT day, worker_id, version, platform, count, 0 FROM download_days WHERE day >= ?1
    UNION ALL SELECT day, worker_id, version, platform, count, count FROM (${unionAll(UNFOLDED)})
  ) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`;

/**
 * The downloads of each file. However old the service is, it reads one row for each file, the rows of 30 days, and
 * those that are not folded yet. Throws D1's errors.
 */
export async function readFileCounts(db: D1Database, now: UnixSeconds): Promise<FileCount[]> {
  const today = startOfDay(now);
  const { results } = await db
    .prepare(FILE_COUNTS_SQL)
    .bind(today - 30 * DAY, today)
    .all();
  return z.array(FileCount).parse(results);
}

const LicenseDownload = z.object({
  link_id: z.string(),
  worker_id: z.string(),
  version: z.string(),
  platform: z.string(),
  /** The machine's fingerprint hash. */
  machine: z.string().nullable(),
  at: z.number(),
});

/** A download with a license. */
export type LicenseDownload = z.output<typeof LicenseDownload>;

/** The times of wanted downloads, from `from` to before `before`. */
type Period = { from: UnixSeconds; before: UnixSeconds };

/** The last `limit` downloads with a license in a period, newest first. Throws D1's errors. */
export async function readLicenseDownloads(
  db: D1Database,
  licenseId: string,
  { from, before, limit }: Period & { limit: number },
): Promise<LicenseDownload[]> {
  const { sql, hours } = ofLicense({ from, before }, 5);
  const { results } = await db
    .prepare(`SELECT * FROM (${sql}) WHERE at >= ?2 AND at < ?3 ORDER BY at DESC, link_id DESC LIMIT ?4`)
    .bind(licenseId, from, before, limit, ...hours)
    .all();
  return z.array(LicenseDownload).parse(results);
}

/** The number of downloads with a license in a period by the fingerprint hash of the machine. Throws D1's errors. */
export async function countLicenseDownloads(
  db: D1Database,
  licenseId: string,
  { from, before }: Period,
): Promise<Map<string | null, number>> {
  const { sql, hours } = ofLicense({ from, before }, 4);
  const { results } = await db
    .prepare(`SELECT machine, count(*) AS downloads FROM (${sql}) WHERE at >= ?2 AND at < ?3 GROUP BY machine`)
    .bind(licenseId, from, before, ...hours)
    .all();
  const Row = z.object({ machine: z.string().nullable(), downloads: z.number() });
  return new Map(results.map((row) => Row.parse(row)).map(({ machine, downloads }) => [machine, downloads]));
}

/**
 * The rows of the license ?1 in the tables that hold a period. The hours of each table are one parameter, from the
 * number `first` on: the tables have no index but their key, which begins with the hour.
 */
function ofLicense({ from, before }: Period, first: number): { sql: string; hours: string[] } {
  const parts = hoursByTable(Math.max(from, before - LICENSE_DOWNLOADS_KEPT), before);
  return {
    sql: unionAll(
      parts.map(
        ([table], index) =>
          `SELECT link_id, worker_id, version, platform, machine, at FROM ${table}
           WHERE hour IN (SELECT value FROM json_each(?${first + index})) AND license_id = ?1`,
      ),
    ),
    hours: parts.map(([, hours]) => JSON.stringify(hours)),
  };
}

/**
 * The number of licenses that downloaded a version in a period. It reads each download with a license in the period, so
 * call it for a person who waits, not for a job. Throws D1's errors.
 */
export async function countDownloadingLicenses(
  db: D1Database,
  { worker_id, version }: { worker_id: string; version: string },
  { from, before }: Period,
): Promise<number> {
  const rows = hoursByTable(from, before).map(
    ([table]) => `SELECT license_id FROM ${table} WHERE hour >= ?1 AND hour < ?2 AND worker_id = ?3 AND version = ?4`,
  );
  const count = await db
    .prepare(`SELECT count(DISTINCT license_id) AS licenses FROM (${unionAll(rows)})`)
    .bind(startOfHour(from), before, worker_id, version)
    .first<number>("licenses");
  return count ?? 0;
}

/** The statements that remove the owner of a license from the statistics. Counts stay. */
export function eraseLicenseUsage(db: D1Database, licenseId: string, now: UnixSeconds): D1PreparedStatement[] {
  const since = now - LICENSE_DOWNLOADS_KEPT - 15 * DAY;
  return [
    ...hoursByTable(since, now).map(([table, hours]) =>
      db
        .prepare(
          `UPDATE ${table} SET license_id = '', machine = NULL
           WHERE hour IN (SELECT value FROM json_each(?)) AND license_id = ?`,
        )
        .bind(JSON.stringify(hours), licenseId),
    ),
    db.prepare("DELETE FROM license_places WHERE license_id = ?").bind(licenseId),
    db
      .prepare("DELETE FROM license_refusals WHERE day IN (SELECT value FROM json_each(?)) AND license_id = ?")
      .bind(JSON.stringify(Array.from({ length: 92 }, (_, day) => now - (now % DAY) - day * DAY)), licenseId),
  ];
}
