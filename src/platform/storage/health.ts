import { createRoute, z } from "@hono/zod-openapi";
import { IsolateCache } from "../../lib/isolate.ts";
import { currentTime } from "../../lib/time.ts";
import { problems } from "../http/problem-schema.ts";
import { createRouter } from "../http/router.ts";
import { probeStores } from "./store-probe.ts";

const Health = z.object({ status: z.literal("ok").openapi({ example: "ok" }) }).openapi("Health");

const Readiness = z
  .object({
    status: z.enum(["ok", "degraded"]).openapi({ example: "ok" }),
    checks: z.object({
      ledger: z.boolean().openapi({ description: "D1 answers.", example: true }),
      edge: z.boolean().openapi({ description: "KV answers.", example: true }),
      binaries: z.boolean().openapi({ description: "R2 answers.", example: true }),
    }),
  })
  .openapi("Readiness");

type Checks = z.output<typeof Readiness>["checks"];

const health = createRoute({
  method: "get",
  path: "/health",
  tags: ["Service"],
  summary: "Is the Worker up?",
  description: "Touches nothing else, and so stays green when a store has a bad minute.",
  security: [],
  responses: {
    200: { description: "It is.", content: { "application/json": { schema: Health } } },
    ...problems("SERVICE_UNAVAILABLE"),
  },
});

const ready = createRoute({
  method: "get",
  path: "/health/ready",
  tags: ["Service"],
  summary: "Do its stores answer?",
  description:
    "503 with the same body when one does not, or takes longer than three seconds. The answer may be two seconds old.",
  security: [],
  responses: {
    200: { description: "Every store answers.", content: { "application/json": { schema: Readiness } } },
    503: { description: "At least one does not.", content: { "application/json": { schema: Readiness } } },
    ...problems("INTERNAL_ERROR"),
  },
});

/** How long an answer holds, in seconds: anybody may ask, and each store is asked something for it. */
const READINESS_HOLDS = 2;
const readiness = new IsolateCache<Checks>(1);

/** Which stores answer, or did within the last two seconds. Throws nothing. */
async function checkStores(env: Env): Promise<Checks> {
  const known = readiness.get("stores", currentTime());
  if (known) return known;
  const { ledger, edge, binaries } = await probeStores(env);
  const checks = { ledger: ledger.answers, edge: edge.answers, binaries: binaries.answers };
  readiness.set("stores", checks, currentTime() + READINESS_HOLDS);
  return checks;
}

/** Health for load balancers and people. */
export const healthRoutes = createRouter();

healthRoutes.openapi(health, (c) => {
  c.header("Cache-Control", "no-store");
  return c.json({ status: "ok" as const }, 200);
});

healthRoutes.openapi(ready, async (c) => {
  const checks = await checkStores(c.env);
  c.header("Cache-Control", "no-store");
  return Object.values(checks).every(Boolean)
    ? c.json({ status: "ok" as const, checks }, 200)
    : c.json({ status: "degraded" as const, checks }, 503);
});
