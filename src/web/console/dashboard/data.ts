import { readBacklog } from "../../../domain/figures/backlog.ts";
import { readStandings } from "../../../domain/figures/stats.ts";
import { listUnusualUse, readUsageHistory } from "../../../domain/figures/usage.ts";
import { IsolateCache } from "../../../lib/isolate.ts";
import { MINUTE, type UnixSeconds } from "../../../lib/time.ts";

/** The ranges of the dashboard in days; the first is the default. */
export const RANGES = ["30", "90"] as const;
export type Range = (typeof RANGES)[number];

const UNUSUAL_ROWS = 20;

async function readFresh(db: D1Database, range: Range, now: UnixSeconds) {
  const [standings, history, backlog, unusual] = await Promise.all([
    readStandings(db, now),
    readUsageHistory(db, Number(range), now),
    readBacklog(db),
    listUnusualUse(db, now, UNUSUAL_ROWS),
  ]);
  return { at: now, standings, history, backlog, unusual };
}

/** The data of the dashboard at `at`. */
export type DashboardData = Awaited<ReturnType<typeof readFresh>>;

const cache = new IsolateCache<DashboardData>(RANGES.length);

/** Reads the data of the last days, cached for a minute because it counts every license. Throws if D1 fails. */
export async function readDashboard(db: D1Database, range: Range, now: UnixSeconds): Promise<DashboardData> {
  const known = cache.get(range, now);
  if (known) return known;
  const data = await readFresh(db, range, now);
  cache.set(range, data, now + MINUTE);
  return data;
}
