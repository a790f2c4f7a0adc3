import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "./router.ts";

/** Where the pages that read this service run: hive, keeper and their development servers, and the public sites. */
const LOCAL_PORTS = [7836, 7845, 7843, 7844, 7811, 7822, 7823, 8500, 8501];
const ORIGINS: ReadonlySet<string> = new Set([
  ...LOCAL_PORTS.map((port) => `http://localhost:${port}`),
  "https://marketplace.rbee.dev",
  "https://rbee.dev",
  "https://docs.rbee.dev",
]);

const DAY_SECONDS = "86400";

const PREFLIGHT_HEADERS = {
  "Access-Control-Allow-Methods": "GET, HEAD",
  "Access-Control-Allow-Headers": "Content-Type, If-None-Match, X-Request-Id",
  "Access-Control-Max-Age": DAY_SECONDS,
};

/**
 * The headers that let a page of `origin` (null or undefined: none was sent) read a public answer (Fetch Standard,
 * "CORS protocol"); none for an origin that is not ours, and never with credentials. The answer needs `Vary: Origin`.
 */
export function corsHeaders(origin: string | null | undefined): Record<string, string> {
  if (!origin || !ORIGINS.has(origin)) return {};
  return { "Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": "ETag, X-Request-Id" };
}

/** Lets our pages read public GET routes, their refusals included, and answers preflights. */
export const publicCors: MiddlewareHandler<AppEnv> = async (c, next) => {
  const allowed = corsHeaders(c.req.header("Origin"));
  if (c.req.method === "OPTIONS" && c.req.header("Access-Control-Request-Method") !== undefined) {
    const headers = "Access-Control-Allow-Origin" in allowed ? PREFLIGHT_HEADERS : {};
    c.res = new Response(null, { status: 204, headers });
  } else {
    await next();
  }
  c.res.headers.append("Vary", "Origin");
  for (const [name, value] of Object.entries(allowed)) c.res.headers.set(name, value);
};
