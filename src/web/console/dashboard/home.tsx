import { type Backlog, readBacklog } from "../../../domain/figures/backlog.ts";
import { readStandings, type Standings } from "../../../domain/figures/stats.ts";
import { listUnusualUse, type UnusualUse } from "../../../domain/figures/unusual-use.ts";
import { readUsageHistory, type UsageHistory } from "../../../domain/figures/usage-history.ts";
import { IsolateCache } from "../../../lib/isolate.ts";
import { MINUTE, type UnixSeconds } from "../../../lib/time.ts";
import { createRoute, z } from "../../../platform/http/route.ts";
import { consolePage, consoleRouter, consoleView, firstPart, may } from "../frame.tsx";
import { DashboardBody } from "./page.tsx";

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

/**
 * Reads the data of the last days. The result is cached for a minute, because it counts every license. Throws if D1
 * fails.
 */
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

const route = createRoute({
  method: "get",
  path: "/admin",
  request: {
    query: z.object({
      days: z
        .enum(RANGES)
        .default(RANGES[0])
        .openapi({ description: "The number of days in the charts.", example: "30" }),
    }),
  },
  ...consoleView(null, {
    summary: "Show the dashboard of the console",
    description: "Charts of downloads, licenses, machines, purchases and refusals, at most a minute old.",
    answers: { 200: "The dashboard, for admins with `stats:read`." },
    leadsTo: "For other admins: the first part of the console that they may see.",
    refusals: ["VALIDATION_FAILED"],
  }),
});

export const home = consoleRouter();
home.openapi(route, async (c) => {
  if (!may(c, "stats:read")) return c.redirect(firstPart(c), 303);
  const { days } = c.req.valid("query");
  const data = await readDashboard(c.env.DB, days, c.var.now);
  return consolePage(c, {
    title: "Dashboard",
    main: <DashboardBody data={data} range={days} mayReadLicenses={may(c, "licenses:read")} />,
  });
});
