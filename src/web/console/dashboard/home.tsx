import { type Backlog, readBacklog } from "../../../domain/figures/backlog.ts";
import { readStandings, type Standings } from "../../../domain/figures/stats.ts";
import { listUnusualUse, type UnusualUse } from "../../../domain/figures/unusual-use.ts";
import { readUsageHistory, type UsageHistory } from "../../../domain/figures/usage-history.ts";
import { IsolateCache } from "../../../lib/isolate.ts";
import { currentTime, MINUTE, type UnixSeconds } from "../../../lib/time.ts";
import { createRoute, z } from "../../../platform/http/route.ts";
import { consolePage, consoleView, createConsoleRouter, firstPart, may } from "../frame.tsx";
import { DashboardBody } from "./page.tsx";

/** How many days a dashboard may look back; the first is the default. */
export const RANGES = ["30", "90"] as const;
export type Range = (typeof RANGES)[number];

/** What a dashboard shows, as it was at `at`. */
export type DashboardData = {
  at: UnixSeconds;
  standings: Standings;
  history: UsageHistory;
  backlog: Backlog;
  unusual: UnusualUse[];
};

const UNUSUAL_ROWS = 20;

const cache = new IsolateCache<DashboardData>(RANGES.length);

/** What the dashboard shows of the last days; at most a minute old, because it counts every license. Throws what D1 throws. */
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
      days: z.enum(RANGES).default(RANGES[0]).openapi({ description: "How many days the charts show.", example: "30" }),
    }),
  },
  ...consoleView(null, {
    summary: "Enter the console: its dashboard",
    description: "Charts of downloads, licenses, machines, purchases and refusals, at most a minute old.",
    answers: { 200: "The dashboard, for who holds `stats:read`." },
    leadsTo: "The first part of the console that the visitor may see, for everybody else.",
    refusals: ["VALIDATION_FAILED"],
  }),
});

export const home = createConsoleRouter();
home.openapi(route, async (c) => {
  if (!may(c, "stats:read")) return c.redirect(firstPart(c), 303);
  const { days } = c.req.valid("query");
  const data = await readDashboard(c.env.DB, days, currentTime());
  return consolePage(c, {
    title: "Dashboard",
    main: <DashboardBody data={data} range={days} mayReadLicenses={may(c, "licenses:read")} />,
  });
});
