import { withDeadline } from "../../lib/deadline.ts";
import { IsolateCache } from "../../lib/isolate.ts";
import { logFailure } from "../../lib/log.ts";
import { currentTime } from "../../lib/time.ts";
import { ANYONE, createRouter, operation, z } from "../http/route.ts";

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

const health = operation("get", "/health", {
  tag: "Service",
  summary: "Is the Worker up?",
  description: "Reads no store, so it stays green while a store is out.",
  access: ANYONE,
  answers: { 200: ["It is.", Health] },
  refusals: ["SERVICE_UNAVAILABLE"],
});

const ready = operation("get", "/health/ready", {
  tag: "Service",
  summary: "Do its stores answer?",
  description:
    "503 with the same body when a store fails or takes longer than three seconds. The answer may be two seconds old.",
  access: ANYONE,
  answers: { 200: ["Every store answers.", Readiness], 503: ["At least one store does not answer.", Readiness] },
  refusals: ["INTERNAL_ERROR"],
});

/** How long an answer is cached, in seconds. Anybody may ask for it, and each answer costs a request to every store. */
const READINESS_HOLDS = 2;
const readiness = new IsolateCache<Checks>(1);

/** The stores that answer now, or answered within the last two seconds. Never throws. */
async function checkStores(env: Env): Promise<Checks> {
  const known = readiness.get("stores", currentTime());
  if (known) return known;
  const { ledger, edge, binaries } = await probeStores(env);
  const checks = { ledger: ledger.answers, edge: edge.answers, binaries: binaries.answers };
  readiness.set("stores", checks, currentTime() + READINESS_HOLDS);
  return checks;
}

/** The health checks for load balancers and people. */
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

/** Whether a store answers, and the milliseconds until its answer or until the time-out. */
export type Probe = { answers: boolean; duration_ms: number };

/** A store that takes longer than this, in milliseconds, counts as down. */
const PATIENCE_MS = 3_000;

/** Sends a small request to D1, KV and R2, all at once. A failure is logged with its reason. Never throws. */
export async function probeStores(
  env: Pick<Env, "DB" | "EDGE" | "BINARIES">,
): Promise<Record<"ledger" | "edge" | "binaries", Probe>> {
  const [ledger, edge, binaries] = await Promise.all([
    probe("ledger", () => env.DB.prepare("SELECT count(*) FROM outbox").first()),
    probe("edge", () => env.EDGE.get("health")),
    probe("binaries", () => env.BINARIES.head("health")),
  ]);
  return { ledger, edge, binaries };
}

async function probe(store: string, ask: () => Promise<unknown>): Promise<Probe> {
  const began = performance.now();
  let answers = true;
  try {
    await withDeadline(ask, PATIENCE_MS);
  } catch (error) {
    logFailure("health.failed", error, { store });
    answers = false;
  }
  return { answers, duration_ms: Math.round(performance.now() - began) };
}
