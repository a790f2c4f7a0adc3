import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "./router.ts";

/** The origins whose pages may read this service: hive, keeper, their development servers and the public sites. */
const LOCAL_PORTS = [7836, 7845, 7843, 7844, 7811, 7822, 7823, 8500, 8501];
const ORIGINS: ReadonlySet<string> = new Set([
  ...LOCAL_PORTS.flatMap((port) => [`http://localhost:${port}`, `http://127.0.0.1:${port}`]),
  "https://marketplace.rbee.dev",
  "https://rbee.dev",
  "https://docs.rbee.dev",
]);

const DAY_SECONDS = "86400";

const PREFLIGHT_HEADERS = {
  // The only POST behind this middleware is the choice of a build, which changes nothing.
  "Access-Control-Allow-Methods": "GET, HEAD, POST",
  "Access-Control-Allow-Headers": "Content-Type, If-None-Match, X-Request-Id",
  "Access-Control-Max-Age": DAY_SECONDS,
};

/**
 * The CORS headers that let a page of `origin` (null or undefined: none was sent) read a public response (Fetch
 * Standard, "CORS protocol"). Empty for any other origin, and never with credentials. The response needs `Vary:
 * Origin`.
 */
export function corsHeaders(origin: string | null | undefined): Record<string, string> {
  if (!origin || !ORIGINS.has(origin)) return {};
  return { "Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": "ETag, X-Request-Id" };
}

/** Lets pages of our origins read public routes and their errors, and answers preflight requests. */
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
 * Whether another site may have made a browser send this request (CSRF). Such a request must not change anything by
 * force of a cookie. GET, HEAD and OPTIONS are safe, because the other site cannot read the response. `Origin: null`
 * proves nothing by itself. A browser that sends no referrer also sends it with our own forms (Fetch, "append a request
 * Origin header"), so `Sec-Fetch-Site: same-origin` beside it is accepted. A client that sends neither header is not a
 * browser.
 */
export function isCrossSiteChange(request: Request): boolean {
  if (["GET", "HEAD", "OPTIONS"].includes(request.method)) return false;
  const site = request.headers.get("Sec-Fetch-Site");
  if (site !== null && site !== "same-origin" && site !== "none") return true;
  const origin = request.headers.get("Origin");
  return origin !== null && origin !== new URL(request.url).origin && !(origin === "null" && site !== null);
}
