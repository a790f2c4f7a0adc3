import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import { currentTime, startOfDay } from "../../lib/time.ts";
import { Problem } from "../http/problem.ts";
import type { AppEnv } from "../http/router.ts";
import { sendLate } from "./message.ts";
import { placeOf } from "./place.ts";
import { refusedArea } from "./refusal.ts";
import { RefusalTally } from "./refusal-tally.ts";

const tally = new RefusalTally();

/** Counts each refused attempt, after its response. */
export const refusalCount: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  const { subject } = c.var;
  const code = subject.refusal ?? (c.error instanceof Problem ? c.error.code : null);
  const area = code && refusedArea(routePath(c), code);
  if (!code || !area) return;
  const now = currentTime();
  const refusals = tally.add(
    {
      day: startOfDay(now),
      area,
      code,
      worker_id: subject.workerId ?? null,
      license_id: subject.licenseId ?? null,
      // Nothing is kept of it otherwise, and a flood from everywhere would be as many different refusals.
      place: subject.licenseId ? placeOf(c.req.raw) : null,
    },
    now,
  );
  if (refusals.length > 0) sendLate(c, { kind: "refusals", refusals });
};
