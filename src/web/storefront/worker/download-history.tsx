import { IsolateCache } from "../../../lib/isolate.ts";
import { logFailure } from "../../../lib/log.ts";
import { DAY, MINUTE, startOfDay, type UnixSeconds } from "../../../lib/time.ts";
import { DOWNLOADS_SINCE } from "../../../platform/usage/read.ts";
import { BarChart, DayAxis } from "../../page/chart/kit.ts";
import { DataTable, Disclosure, type FC, formatCount, formatDate, Section, Time } from "../../page/kit.ts";

/** The downloads of the day (UTC) that begins at `day`. */
export type DownloadDay = { day: UnixSeconds; count: number };

const DAYS = 30;

const cache = new IsolateCache<DownloadDay[] | null>(100);

/**
 * A worker's downloads on each of the last 30 days, today last, at most a minute old. Null if the statistics fail; they
 * are then not queried again for a minute.
 */
export async function readDownloadHistory(
  db: D1Database,
  workerId: string,
  now: UnixSeconds,
): Promise<DownloadDay[] | null> {
  const known = cache.get(workerId, now);
  if (known !== undefined) return known;
  const history = await queryDownloads(db, workerId, now).catch((error: unknown) => {
    logFailure("downloads.unreadable", error, { worker_id: workerId });
    return null;
  });
  cache.set(workerId, history, now + MINUTE);
  return history;
}

async function queryDownloads(db: D1Database, workerId: string, now: UnixSeconds): Promise<DownloadDay[]> {
  const first = startOfDay(now) - (DAYS - 1) * DAY;
  const { results } = await db
    .prepare(`SELECT day, sum(count) AS count FROM ${DOWNLOADS_SINCE} WHERE worker_id = ?2 GROUP BY day`)
    .bind(first, workerId)
    .all<DownloadDay>();
  const counts = new Map(results.map(({ day, count }) => [day, count]));
  return Array.from({ length: DAYS }, (_, index) => {
    const day = first + index * DAY;
    return { day, count: counts.get(day) ?? 0 };
  });
}

/** A worker's recent downloads, as a chart and as a table; nothing if there was none. */
export const DownloadSection: FC<{ days: readonly DownloadDay[] }> = ({ days }) => {
  const total = days.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return null;
  const label = `${formatCount(total)} ${total === 1 ? "download" : "downloads"} in the last ${days.length} days`;
  return (
    <Section title="Downloads" lead={`${label}.`} sided>
      <div>
        <BarChart label={label} bars={days.map(({ day, count }) => ({ name: formatDate(day), value: count }))} />
        <DayAxis days={days.map(({ day }) => day)}>
          maximum on a day: {formatCount(Math.max(...days.map(({ count }) => count)))}
        </DayAxis>
        <Disclosure summary="Day by day">
          <DataTable
            caption={label}
            quiet
            columns={[
              { header: "Day", cell: ({ day }) => <Time at={day} /> },
              { header: "Downloads", cell: ({ count }) => formatCount(count), numeric: true },
            ]}
            rows={days.filter(({ count }) => count > 0)}
            empty="None."
          />
        </Disclosure>
      </div>
    </Section>
  );
};
