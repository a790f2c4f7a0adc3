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

/**
 * Whether a request is one that another site could have made somebody's browser send. What rides on a cookie may change
 * nothing then: without this check any page could act as whoever looks at it. Reading is safe: no other origin may see the
 * answer. `Origin: null` alone is anybody's, but a browser that is set to give no referrer sends it with our own forms, too
 * (Fetch, "append a request Origin header"): beside `Sec-Fetch-Site: same-origin` it is ours. Clients that send neither
 * header are not browsers and hold no cookie of somebody else's.
 */
export function isCrossSiteChange(request: Request): boolean {
  if (["GET", "HEAD", "OPTIONS"].includes(request.method)) return false;
  const site = request.headers.get("Sec-Fetch-Site");
  if (site !== null && site !== "same-origin" && site !== "none") return true;
  const origin = request.headers.get("Origin");
  return origin !== null && origin !== new URL(request.url).origin && !(origin === "null" && site !== null);
}
