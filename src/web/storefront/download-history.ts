import { IsolateCache } from "../../lib/isolate.ts";
import { logFailure } from "../../lib/log.ts";
import { DAY, MINUTE, type UnixSeconds } from "../../lib/time.ts";

/** The downloads of one day (UTC), which begins at `day`. */
export type DownloadDay = { day: UnixSeconds; count: number };

const DAYS = 30;

const cache = new IsolateCache<DownloadDay[] | null>(100);

/**
 * A worker's downloads on each of the last 30 days, today last; at most a minute old. Null while the ledger does not answer, which
 * is then left alone for a minute as well: a page does not fail for this.
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
  const today = now - (now % DAY);
  const first = today - (DAYS - 1) * DAY;
  const { results } = await db
    .prepare("SELECT day, sum(count) AS count FROM download_days WHERE day >= ? AND worker_id = ? GROUP BY day")
    .bind(first, workerId)
    .all<DownloadDay>();
  const counts = new Map(results.map(({ day, count }) => [day, count]));
  return Array.from({ length: DAYS }, (_, index) => {
    const day = first + index * DAY;
    return { day, count: counts.get(day) ?? 0 };
  });
}
