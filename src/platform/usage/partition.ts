import { DAY, HOUR, type UnixSeconds } from "../../lib/time.ts";

/** How long downloads are kept by license, in seconds. Their counts by day stay. */
export const LICENSE_DOWNLOADS_KEPT = 90 * DAY;

/** The time that one of the tables `license_downloads_<n>` holds, in seconds. */
const SPAN = 15 * DAY;

/** The number of these tables: seven for the last 90 days, and one to be emptied before it is used again. */
const TABLES = 8;

const tableOf = (period: number): string => `license_downloads_${period % TABLES}`;

/** Every table of downloads by license. */
export const LICENSE_DOWNLOAD_TABLES: readonly string[] = Array.from({ length: TABLES }, (_, index) => tableOf(index));

/** The first second of the hour (UTC) that contains `at`. */
export const startOfHour = (at: UnixSeconds): UnixSeconds => at - (at % HOUR);

/** The table that has the downloads of `at`. */
export const licenseDownloadTable = (at: UnixSeconds): string => tableOf(Math.floor(at / SPAN));

/** The table that is used next. At `now`, all its rows are older than LICENSE_DOWNLOADS_KEPT. */
export const expiredTable = (now: UnixSeconds): string => licenseDownloadTable(now + SPAN);

/** The hours from `from` to `to`, by the table that has them, the newest table first. */
export function hoursByTable(from: UnixSeconds, to: UnixSeconds): [table: string, hours: UnixSeconds[]][] {
  const hours = Array.from(
    { length: Math.floor((to - startOfHour(from)) / HOUR) + 1 },
    (_, index) => to - index * HOUR,
  );
  return [...Map.groupBy(hours.map(startOfHour), licenseDownloadTable)];
}

/** The most terms that D1 accepts in one compound SELECT. */
const COMPOUND_TERMS = 5;

/** The rows of all these SELECTs, nested as D1 demands. */
export function unionAll(selects: readonly string[]): string {
  if (selects.length <= COMPOUND_TERMS) return selects.join(" UNION ALL ");
  const size = Math.ceil(selects.length / COMPOUND_TERMS);
  const groups = Array.from({ length: Math.ceil(selects.length / size) }, (_, group) =>
    selects.slice(group * size, (group + 1) * size),
  );
  return groups.map((group) => `SELECT * FROM (${unionAll(group)})`).join(" UNION ALL ");
}
