import { createRoute, z } from "@hono/zod-openapi";
import { currentTime } from "../../../lib/time.ts";
import { pageDocs } from "../../page/kit.ts";
import { consolePage, firstPart, may } from "../console-page.tsx";
import { behind, CONSOLE_REFUSALS, createConsoleRouter } from "../console-router.ts";
import { RANGES, readDashboard } from "../dashboard/dashboard-data.ts";
import { DashboardBody } from "../dashboard/dashboard-page.tsx";

const route = createRoute({
  method: "get",
  path: "/admin",
  ...behind(null),
  request: {
    query: z.object({
      days: z.enum(RANGES).default(RANGES[0]).openapi({ description: "How many days the charts show.", example: "30" }),
    }),
  },
  ...pageDocs({
    summary: "Enter the console: its dashboard",
    description: "Charts of downloads, licenses, machines, purchases and refusals, at most a minute old.",
    answers: { 200: "The dashboard, for who holds `stats:read`." },
    leadsTo: "The first part of the console that the visitor may see, for everybody else.",
    refusals: [...CONSOLE_REFUSALS, "VALIDATION_FAILED"],
  }),
});

export const home = createConsoleRouter();
home.openapi(route, async (c) => {
  if (!may(c, "stats:read")) return c.redirect(firstPart(c), 303);
  const { days } = c.req.valid("query");
  const data = await readDashboard(c.env.DB, days, currentTime());
  return consolePage(c, {
    part: "/admin",
    title: "Dashboard",
    main: <DashboardBody data={data} range={days} mayReadLicenses={may(c, "licenses:read")} />,
  });
});
