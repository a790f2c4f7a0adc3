import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "./app.ts";

/** Where the pages that read this service run: hive, keeper and their development servers, and the public sites. */
const LOCAL_PORTS = [7836, 7845, 7843, 7844, 7811, 7822, 7823, 8500, 8501];
const ORIGINS: ReadonlySet<string> = new Set([
  ...LOCAL_PORTS.map((port) => `http://localhost:${port}`),
  "https://marketplace.rbee.dev",
  "https://rbee.dev",
  "https://docs.rbee.dev",
]);

const DAY_SECONDS = "86400";

/**
 * Lets pages of the known origins read public GET routes, their errors included (Fetch Standard, "CORS protocol"), and
 * answers preflights. Never with credentials. An unknown origin gets the same answers without permission to read them.
 */
export const publicCors: MiddlewareHandler<AppEnv> = async (c, next) => {
  const origin = c.req.header("Origin");
  const known = origin !== undefined && ORIGINS.has(origin);
  if (c.req.method === "OPTIONS" && c.req.header("Access-Control-Request-Method") !== undefined) {
    c.res = new Response(null, { status: 204 });
    if (known) {
      c.res.headers.set("Access-Control-Allow-Methods", "GET, HEAD");
      c.res.headers.set("Access-Control-Allow-Headers", "Content-Type, If-None-Match, X-Request-Id");
      c.res.headers.set("Access-Control-Max-Age", DAY_SECONDS);
    }
  } else {
    await next();
  }
  c.res.headers.append("Vary", "Origin");
  if (!known) return;
  c.res.headers.set("Access-Control-Allow-Origin", origin);
  c.res.headers.set("Access-Control-Expose-Headers", "ETag, X-Request-Id");
};
