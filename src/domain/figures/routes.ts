import { toRfc3339 } from "../../lib/time.ts";
import { operation, Timestamp, z } from "../../platform/http/route.ts";
import { admin, adminActor, createAdminRouter, Reason } from "../../platform/identity/authentication.ts";
import { startJob } from "../../platform/jobs/job.ts";
import { requestRepublication } from "../../platform/storage/republication.ts";
import { LICENSE_STATUSES } from "../licensing/license/record.ts";
import { RELEASE_STATUSES } from "../releases/decision.ts";
import { prometheusText, readMetrics } from "./metrics.ts";
import { readStats } from "./stats.ts";

const Body = z
  .object({ reason: Reason.openapi({ example: "the ledger was restored to 3 May" }) })
  .openapi("Republication");

/** The admin routes of this room: figures, and publishing everything again. */
export const figuresRoutes = createAdminRouter();

figuresRoutes.openapi(
  operation("post", "/v1/admin/republish", {
    tag: "Admin: operations",
    summary: "Publish everything again",
    description:
      "Publishes every record of the edge copy again from the ledger: after a restore, or if KV has lost records. A job does " +
      "it in the background, some thousand records a minute. New changes do not wait for it. Idempotent.",
    access: admin("owner"),
    body: Body,
    answers: {
      202: [
        "A job publishes the records.",
        z.object({ records: z.int().openapi({ description: "The number of records.", example: 1204 }) }),
      ],
    },
    refusals: [],
  }),
  async (c) => {
    const admin = adminActor(c);
    const { changeId, records } = await requestRepublication(c.env.DB, admin, c.req.valid("json").reason);
    await startJob(c.env, "republish", admin.now, { subject: changeId });
    return c.json({ records }, 202);
  },
);

const count = (description: string) => z.int().min(0).openapi({ description, example: 12 });

const downloadCounts = {
  total: count("All downloads. A resumed download counts once."),
  last_7_days: count("Downloads of the last 7 days (UTC), today included."),
  last_30_days: count("Downloads of the last 30 days (UTC), today included."),
};

const countEach = <const Names extends readonly [string, ...string[]]>(names: Names) =>
  z.record(z.enum(names), z.int().min(0)).openapi({ example: Object.fromEntries(names.map((name) => [name, 3])) });

const StatsSchema = z
  .object({
    at: Timestamp,
    licenses: countEach(LICENSE_STATUSES),
    machines: z.object({ active: count("Activated machines.") }),
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
      complete: z.boolean().openapi({
        description: "False if the statistics do not answer. The counts are then 0, and sales go on.",
        example: true,
      }),
    }),
    outbox: z.object({
      entries: count("Changes that are not yet published to KV."),
      oldest_age: z.int().nullable().openapi({
        description: "Age of the oldest entry in seconds. More than a few minutes is a fault.",
        example: null,
      }),
    }),
  })
  .openapi("Stats");

figuresRoutes.openapi(
  operation("get", "/v1/admin/stats", {
    tag: "Admin: operations",
    summary: "Count licenses, machines, releases and downloads",
    description: "Sums every day of downloads anew for each request, so do not poll it.",
    access: admin("stats:read"),
    answers: { 200: ["The counts.", StatsSchema] },
    refusals: [],
  }),
  async (c) => {
    const { now } = c.var;
    const stats = await readStats(c.env, now);
    const files = stats.downloads ?? [];
    const sum = (of: keyof typeof downloadCounts) => files.reduce((total, file) => total + file[of], 0);
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
          files,
          complete: stats.downloads !== null,
        },
        outbox: stats.outbox,
      },
      200,
    );
  },
);

/** The counts, with a zero for each absent status. */
const everyStatus = <const Status extends string>(names: readonly Status[], counts: Record<string, number>) =>
  Object.fromEntries(names.map((name) => [name, counts[name] ?? 0])) as Record<Status, number>;

const TEXT = "text/plain; version=0.0.4";

const MetricsSchema = z
  .object({
    at: Timestamp,
    metrics: z.array(
      z.object({
        name: z.string().openapi({ example: "rbee_waiting_oldest_seconds" }),
        help: z.string().openapi({ example: "Age of the oldest waiting entry." }),
        samples: z.array(
          z.object({
            labels: z.record(z.string(), z.string()).openapi({ example: { queue: "outbox" } }),
            value: z.number().openapi({ example: 12 }),
          }),
        ),
      }),
    ),
  })
  .openapi("Metrics");

figuresRoutes.openapi(
  operation("get", "/v1/admin/metrics", {
    tag: "Admin: operations",
    summary: "Read metrics for monitoring",
    description:
      "Licenses, machines, today's downloads and refusals, the waiting work with its age, and the size of the databases. JSON, " +
      "or Prometheus' text format for a client that accepts `text/plain` (as Prometheus does) or sends " +
      "`?format=prometheus`. Cheap however many licenses there are; once a minute is enough.",
    access: admin("stats:read"),
    query: z.object({
      format: z
        .enum(["json", "prometheus"])
        .optional()
        .openapi({ description: "The format. The default follows `Accept`.", example: "json" }),
    }),
    answers: {
      200: {
        description: "The metrics.",
        content: {
          "application/json": { schema: MetricsSchema },
          "text/plain": { schema: z.string().openapi({ example: 'rbee_waiting{queue="outbox"} 0' }) },
        },
      },
    },
    refusals: ["VALIDATION_FAILED"],
  }),
  async (c) => {
    const { now } = c.var;
    const metrics = await readMetrics(c.env, now, c.var.config.ACT_LIMITS);
    const accepted = c.req.header("Accept")?.includes("text/plain") ? "prometheus" : "json";
    return (c.req.valid("query").format ?? accepted) === "prometheus"
      ? c.text(prometheusText(metrics), 200, { "Content-Type": TEXT })
      : c.json({ at: toRfc3339(now), metrics }, 200);
  },
);
