import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import { logEvent } from "../../lib/log.ts";
import { Problem } from "./problem.ts";
import type { AppEnv } from "./router.ts";

/**
 * Writes one line for each request, and tells the client by `Server-Timing` (W3C) how long we took until the response began,
 * in milliseconds. The line names the route by its pattern, never the path, which may be a signed link; and neither headers nor
 * bodies. Time stands still in a Worker between its waits, so what is measured is what was waited for.
 */
export const requestLog: MiddlewareHandler<AppEnv> = async (c, next) => {
  const began = performance.now();
  await next();
  const duration = Math.round(performance.now() - began);
  c.res.headers.append("Server-Timing", `total;dur=${duration}`);
  const { status } = c.res;
  const wanted = c.var.config.LOG_REQUESTS;
  if (wanted === "none" || (wanted === "failed" && status < 500)) return;
  logEvent("request", {
    request_id: c.var.requestId,
    method: c.req.method,
    route: routePath(c),
    status,
    code: c.var.subject.refusal ?? (c.error instanceof Problem ? c.error.code : undefined),
    license: c.var.subject.licenseId,
    worker: c.var.subject.workerId,
    version: c.var.subject.version,
    duration_ms: duration,
  });
};
