import { readReport } from "../../../domain/doctor/report.ts";
import { readBacklog, readMoneyToDo } from "../../../domain/figures/backlog.ts";
import { readStandings } from "../../../domain/figures/standings.ts";
import type { Stores } from "../../../domain/figures/stats.ts";
import { lastDays, listUnusualUse, NO_HISTORY, readMoney, readUsageHistory } from "../../../domain/figures/usage.ts";
import { IsolateCache } from "../../../lib/isolate.ts";
import { MINUTE, type UnixSeconds } from "../../../lib/time.ts";
import { unlessDown } from "../../../platform/usage/read.ts";

/** The ranges of the dashboard in days; the first is the default. */
export const RANGES = ["30", "90"] as const;
export type Range = (typeof RANGES)[number];

const UNUSUAL_ROWS = 20;

/** The stores of the dashboard: the doctor's last report is in KV. */
type DashboardStores = Stores & Pick<Env, "EDGE">;

async function readFresh({ DB, STATISTICS, EDGE }: DashboardStores, range: Range, now: UnixSeconds) {
  const days = lastDays(Number(range), now);
  const [standings, backlog, toDo, report, money, history, unusual] = await Promise.all([
    readStandings(DB, now),
    readBacklog(DB),
    readMoneyToDo(DB),
    readReport({ EDGE }).catch(() => null),
    readMoney(DB, days[0] ?? now),
    unlessDown(readUsageHistory(STATISTICS, days.length, now)),
    unlessDown(listUnusualUse({ DB, STATISTICS }, now, UNUSUAL_ROWS)),
  ]);
  return {
    ...{ at: now, days, standings, backlog, toDo, report, money },
    history: history ?? NO_HISTORY,
    unusual: unusual ?? [],
    /** Whether the statistics answer. If not, downloads, refusals and places are missing. */
    isComplete: history !== null && unusual !== null,
  };
}

/** The data of the dashboard at `at`. */
export type DashboardData = Awaited<ReturnType<typeof readFresh>>;

const cache = new IsolateCache<DashboardData>(RANGES.length);

/** Reads the data of the last days, cached for a minute. Throws if the ledger fails. */
export async function readDashboard(stores: DashboardStores, range: Range, now: UnixSeconds): Promise<DashboardData> {
  const known = cache.get(range, now);
  if (known) return known;
  const data = await readFresh(stores, range, now);
  cache.set(range, data, now + MINUTE);
  return data;
}
