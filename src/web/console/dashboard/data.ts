import { type Backlog, readBacklog } from "../../../domain/figures/backlog.ts";
import { readStandings, type Standings } from "../../../domain/figures/stats.ts";
import { listUnusualUse, type UnusualUse } from "../../../domain/figures/unusual-use.ts";
import { readUsageHistory, type UsageHistory } from "../../../domain/figures/usage-history.ts";
import { IsolateCache } from "../../../lib/isolate.ts";
import { MINUTE, type UnixSeconds } from "../../../lib/time.ts";

/** The ranges of the dashboard in days; the first is the default. */
export const RANGES = ["30", "90"] as const;
export type Range = (typeof RANGES)[number];

/** The data of the dashboard at `at`. */
export type DashboardData = {
  at: UnixSeconds;
  standings: Standings;
  history: UsageHistory;
  backlog: Backlog;
  unusual: UnusualUse[];
};

const UNUSUAL_ROWS = 20;

const cache = new IsolateCache<DashboardData>(RANGES.length);

/** Reads the data of the last days, cached for a minute because it counts every license. Throws if D1 fails. */
export async function readDashboard(db: D1Database, range: Range, now: UnixSeconds): Promise<DashboardData> {
  const known = cache.get(range, now);
  if (known) return known;
  const [standings, history, backlog, unusual] = await Promise.all([
    readStandings(db, now),
    readUsageHistory(db, Number(range), now),
    readBacklog(db),
    listUnusualUse(db, now, UNUSUAL_ROWS),
  ]);
  const data = { at: now, standings, history, backlog, unusual };
  cache.set(range, data, now + MINUTE);
  return data;
}
