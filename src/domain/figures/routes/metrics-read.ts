import { currentTime, toRfc3339 } from "../../../lib/time.ts";
import { createRoute, problems, Timestamp, z } from "../../../platform/http/route.ts";
import { ADMIN_PROBLEMS, adminAccess, createAdminRouter } from "../../../platform/identity/authentication.ts";
import { prometheusText, readMetrics } from "../metrics.ts";

const TEXT = "text/plain; version=0.0.4";

const MetricsSchema = z
  .object({
    at: Timestamp,
    metrics: z.array(
      z.object({
        name: z.string().openapi({ example: "rbee_waiting_oldest_seconds" }),
        help: z.string().openapi({ example: "How long the oldest of them has waited." }),
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

export const metricsRead = createAdminRouter();

metricsRead.openapi(
  createRoute({
    ...adminAccess("stats:read"),
    method: "get",
    path: "/v1/admin/metrics",
    tags: ["Admin"],
    summary: "Read what monitoring watches",
    description:
      "Licenses, machines, today's downloads and refusals, what waits and for how long. As JSON, or for Prometheus as text, to " +
      "whoever accepts `text/plain` (as it does) or asks for `?format=prometheus`. Ask once a minute at most: licenses are counted.",
    request: {
      query: z.object({
        format: z
          .enum(["json", "prometheus"])
          .optional()
          .openapi({ description: "What `Accept` says unless it is given.", example: "json" }),
      }),
    },
    responses: {
      200: {
        description: "The figures.",
        content: {
          "application/json": { schema: MetricsSchema },
          "text/plain": { schema: z.string().openapi({ example: 'rbee_waiting{queue="outbox"} 0' }) },
        },
      },
      ...problems(...ADMIN_PROBLEMS, "VALIDATION_FAILED"),
    },
  }),
  async (c) => {
    const now = currentTime();
    const metrics = await readMetrics(c.env.DB, now);
    const accepted = c.req.header("Accept")?.includes("text/plain") ? "prometheus" : "json";
    return (c.req.valid("query").format ?? accepted) === "prometheus"
      ? c.text(prometheusText(metrics), 200, { "Content-Type": TEXT })
      : c.json({ at: toRfc3339(now), metrics }, 200);
  },
);
