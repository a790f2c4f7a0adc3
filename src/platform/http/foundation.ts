import type { MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { routePath } from "hono/route";
import { logFailure } from "../../lib/log.ts";
import { currentTime } from "../../lib/time.ts";
import { ConfigError, configOf } from "../config/config.ts";
import { clientRequestIdOf, isForPeople, logRequest, newRequestId, SECURITY_HEADERS } from "./exchange.ts";
import { Problem, problemResponse, type Refusal } from "./problem.ts";
import type { AppContext, AppEnv, Service } from "./router.ts";

/** Sets the variables of `AppEnv`, and the headers that every response carries. */
export const foundation =
  (service: Service): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    c.set("requestId", newRequestId());
    c.set("clientRequestId", clientRequestIdOf(c.req.raw));
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

/** Logs the request and sends `Server-Timing`, as `logRequest` says. */
export const requestLog: MiddlewareHandler<AppEnv> = async (c, next) => {
  const began = performance.now();
  await next();
  const ending = { route: routePath(c), status: c.res.status, error: c.error, began };
  c.res.headers.append("Server-Timing", logRequest(c, ending));
};

/** How the service shows refusals on pages, and which outages it recognizes. src/app.ts composes it. */
export type Refusals = {
  page: (request: Request, refusal: Refusal, requestId: string) => Promise<Response>;
  /** Known failures of other services, each with its refusal. */
  outages: readonly {
    matches: (error: unknown) => boolean;
    /** `c` is null if the request has not reached a route. */
    refusal: Refusal | ((error: unknown, c: AppContext | null) => Refusal);
  }[];
};

/**
 * The handlers of errors and of unknown paths. An invalid configuration and every known outage become
 * SERVICE_UNAVAILABLE. Any other error becomes INTERNAL_ERROR: the log has its message and stack, the response has
 * neither.
 */
export function errorHandlers(refusals: Refusals) {
  /** `origin`: the public address. Without a valid configuration, it is the request's own. */
  const answer = async (
    request: Request,
    refusal: Refusal,
    requestId: string,
    origin: string = new URL(request.url).origin,
  ): Promise<Response> =>
    isForPeople(request) ? refusals.page(request, refusal, requestId) : problemResponse(refusal, requestId, origin);
  const answerError = async (
    error: unknown,
    request: Request,
    requestId: string,
    c: AppContext | null = null,
    origin: string | undefined = c?.var.config?.PUBLIC_URL,
  ): Promise<Response> => {
    const refusal = refusalOf(error, requestId, c, refusals.outages);
    const response = await answer(request, refusal, requestId, origin);
    stamp(response.headers, requestId);
    return response;
  };
  return {
    answerError,
    onError: (error: unknown, c: AppContext): Promise<Response> =>
      answerError(error, c.req.raw, c.var.requestId ?? newRequestId(), c),
    async notFound(c: AppContext): Promise<Response> {
      const unslashed = withoutSlash(c);
      if (unslashed !== null) return c.redirect(unslashed, 301);
      const detail = isForPeople(c.req.raw)
        ? "We can't find that page. Search the workers, or go to your account."
        : `Nothing answers ${c.req.method} at this URL. ${c.var.config.PUBLIC_URL}/docs lists every operation.`;
      return answer(c.req.raw, { code: "NOT_FOUND", detail }, c.var.requestId, c.var.config.PUBLIC_URL);
    },
  };
}

/** For a person at a path with a slash at its end: the address without it. Null for any other request. */
function withoutSlash(c: AppContext): string | null {
  const { pathname, search } = new URL(c.req.url);
  // From the first slash of a run only: many slashes inside a path would take quadratic time.
  const path = pathname.replace(/(?<!\/)\/+$/, "");
  const isRead = c.req.method === "GET" || c.req.method === "HEAD";
  // Not a path alone: "//other.example" would lead to another site.
  return isRead && path !== "" && path !== pathname && isForPeople(c.req.raw)
    ? `${c.var.config.PUBLIC_URL}${path}${search}`
    : null;
}

function refusalOf(error: unknown, requestId: string, c: AppContext | null, outages: Refusals["outages"]): Refusal {
  if (error instanceof Problem) return error;
  if (error instanceof HTTPException && (error.status === 400 || error.status === 415)) {
    return { code: "MALFORMED_REQUEST", detail: "Send the body as JSON, with `Content-Type: application/json`." };
  }
  const stack = error instanceof Error ? error.stack : undefined;
  logFailure("request.failed", error, { request_id: requestId, stack });
  if (error instanceof ConfigError) return { code: "SERVICE_UNAVAILABLE", detail: "The service is not configured." };
  const refusal = outages.find(({ matches }) => matches(error))?.refusal;
  if (typeof refusal === "function") return refusal(error, c);
  return (
    refusal ?? {
      code: "INTERNAL_ERROR",
      detail: `Please try again. If it happens again, tell us the request id ${requestId}.`,
    }
  );
}
