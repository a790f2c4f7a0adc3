import { currentTime, toRfc3339 } from "../../../lib/time.ts";
import { createRoute, problems, Timestamp, z } from "../../../platform/http/route.ts";
import { ADMIN_PROBLEMS, adminAccess, createAdminRouter } from "../../../platform/identity/authentication.ts";
import { LICENSE_STATUSES } from "../../licensing/license-status.ts";
import { RELEASE_STATUSES } from "../../releases/status.ts";
import { readStats } from "../stats.ts";

const count = (description: string) => z.int().min(0).openapi({ description, example: 12 });

const downloadCounts = {
  total: count("Signed links whose bytes were fetched, ever. Resuming a download counts once."),
  last_7_days: count("Those of the last 7 days."),
  last_30_days: count("Those of the last 30 days."),
};

const countEach = <const Names extends readonly [string, ...string[]]>(names: Names) =>
  z.record(z.enum(names), z.int().min(0)).openapi({ example: Object.fromEntries(names.map((name) => [name, 3])) });

const StatsSchema = z
  .object({
    at: Timestamp,
    licenses: countEach(LICENSE_STATUSES),
    machines: z.object({ active: count("Machines that are activated now.") }),
    releases: countEach(RELEASE_STATUSES),
    downloads: z.object({
      ...downloadCounts,
      files: z.array(
        z.object({
          worker_id: z.string().openapi({ example: "llm-worker-rbee-premium-cuda" }),
          version: z.string().openapi({ example: "1.4.0" }),
          platform: z.string().openapi({ example: "linux-x86_64" }),
          ...downloadCounts,
        }),
      ),
    }),
    outbox: z.object({
      entries: count("Changes that the edge has yet to be told."),
      oldest_age: z.int().nullable().openapi({
        description: "Seconds that the oldest has waited. More than a few minutes is a fault.",
        example: null,
      }),
    }),
  })
  .openapi("Stats");

export const statsRead = createAdminRouter();

statsRead.openapi(
  createRoute({
    ...adminAccess("stats:read"),
    method: "get",
    path: "/v1/admin/stats",
    tags: ["Admin"],
    summary: "Count licenses, machines, releases and downloads",
    description: "Counted anew for each request, from the ledger.",
    responses: {
      200: { description: "The counts.", content: { "application/json": { schema: StatsSchema } } },
      ...problems(...ADMIN_PROBLEMS),
    },
  }),
  async (c) => {
    const now = currentTime();
    const stats = await readStats(c.env.DB, now);
    const sum = (of: keyof typeof downloadCounts) => stats.downloads.reduce((total, file) => total + file[of], 0);
    return c.json(
      {
        at: toRfc3339(now),
        licenses: everyStatus(LICENSE_STATUSES, stats.licenses),
        machines: { active: stats.active_machines },
        releases: everyStatus(RELEASE_STATUSES, stats.releases),
        downloads: {
          total: sum("total"),
          last_7_days: sum("last_7_days"),
          last_30_days: sum("last_30_days"),
          files: stats.downloads,
        },
        outbox: stats.outbox,
      },
      200,
    );
  },
);

/** The counts with a zero for each status that nothing has. */
const everyStatus = <const Status extends string>(names: readonly Status[], counts: Record<string, number>) =>
  Object.fromEntries(names.map((name) => [name, counts[name] ?? 0])) as Record<Status, number>;
