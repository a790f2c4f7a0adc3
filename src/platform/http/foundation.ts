import type { MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { routePath } from "hono/route";
import { logEvent, logFailure } from "../../lib/log.ts";
import { currentTime } from "../../lib/time.ts";
import { ConfigError, configOf } from "../config/config.ts";
import { Problem, problemResponse, type Refusal } from "./problem.ts";
import type { AppContext, AppEnv, Service } from "./router.ts";

/** An acceptable `X-Request-Id` of a proxy or a client: long enough to search for, and safe in a log. */
const REQUEST_ID = /^[A-Za-z0-9_-]{8,64}$/;

/** The request's id: the one that the client sent (undefined or null: none) if it is acceptable, else a new one. */
export const requestIdOf = (sent: string | null | undefined): string =>
  sent && REQUEST_ID.test(sent) ? sent : crypto.randomUUID();

/** Default headers of every response. */
export const SECURITY_HEADERS = {
  "X-Content-Type-Options": "nosniff",
  "Strict-Transport-Security": "max-age=31536000",
  "Referrer-Policy": "no-referrer",
} as const;

/** Sets the variables of `AppEnv`, and the headers that every response carries. */
export const foundation =
  (service: Service): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    c.set("requestId", requestIdOf(c.req.header("X-Request-Id")));
    c.set("now", currentTime());
    c.set("service", service);
    c.set("subject", {});
    c.set("config", configOf(c.env));
    await next();
    // No cache may store a redirect to a page, because none may store the page.
    if (c.res.status === 303) c.res.headers.set("Cache-Control", "no-store");
    stamp(c.res.headers, c.var.requestId);
  };

function stamp(headers: Headers, requestId: string): void {
  headers.set("X-Request-Id", requestId);
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) if (!headers.has(name)) headers.set(name, value);
}

/**
 * Logs one line for each request, and sends `Server-Timing` (W3C): the milliseconds until the response began. The line
 * has the route's pattern and not the path, because a path may be a signed link. It has no headers and no bodies. A
 * Worker's clock advances only while it waits for I/O, so the duration is the time spent waiting.
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

/**
 * Whether to answer a refusal of this request as a page: a browser asks for HTML when a person opens an address.
 * Paths of the API always answer problem+json.
 */
export const isForPeople = (request: Request): boolean =>
  (request.headers.get("Accept")?.includes("text/html") ?? false) &&
  !/^\/(v1|workers|\.well-known)(\/|$)/.test(new URL(request.url).pathname);

/** How the service shows refusals on pages, and which outages it recognizes. src/app.ts composes it. */
export type Refusals = {
  page: (request: Request, refusal: Refusal, requestId: string) => Promise<Response>;
  /** Errors that a retry may fix, each with its refusal. */
  outages: readonly { matches: (error: unknown) => boolean; refusal: Refusal }[];
};

/**
 * The handlers of errors and of unknown paths. An invalid configuration and every known outage become
 * SERVICE_UNAVAILABLE. Any other error becomes INTERNAL_ERROR: the log has its message and stack, the response has
 * neither.
 */
export function errorHandlers(refusals: Refusals) {
  const answer = async (c: AppContext, refusal: Refusal, requestId: string): Promise<Response> =>
    isForPeople(c.req.raw) ? refusals.page(c.req.raw, refusal, requestId) : problemResponse(refusal, requestId);
  return {
    async onError(error: unknown, c: AppContext): Promise<Response> {
      const requestId = c.var.requestId ?? crypto.randomUUID();
      const response = await answer(c, refusalOf(error, requestId, refusals.outages), requestId);
      stamp(response.headers, requestId);
      return response;
    },
    notFound(c: AppContext): Promise<Response> {
      const detail = isForPeople(c.req.raw)
        ? "We can't find that page. Search the workers, or go to your account."
        : `Nothing answers ${c.req.method} at this URL. ${c.var.config.PUBLIC_URL}/docs lists every operation.`;
      return answer(c, { code: "NOT_FOUND", detail }, c.var.requestId);
    },
  };
}

function refusalOf(error: unknown, requestId: string, outages: Refusals["outages"]): Refusal {
  if (error instanceof Problem) return error;
  if (error instanceof HTTPException && (error.status === 400 || error.status === 415)) {
    return { code: "MALFORMED_REQUEST", detail: "Send the body as JSON, with `Content-Type: application/json`." };
  }
  const stack = error instanceof Error ? error.stack : undefined;
  logFailure("request.failed", error, { request_id: requestId, stack });
  if (error instanceof ConfigError) return { code: "SERVICE_UNAVAILABLE", detail: "The service is not configured." };
  return (
    outages.find(({ matches }) => matches(error))?.refusal ?? {
      code: "INTERNAL_ERROR",
      detail: `Please try again. If it happens again, tell us the request id ${requestId}.`,
    }
  );
}
