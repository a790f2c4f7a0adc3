import { looksLikeSecret } from "../../lib/credential.ts";
import { logEvent } from "../../lib/log.ts";
import { masked } from "../../lib/masking/masked.ts";
import { currentTime } from "../../lib/time.ts";
import { configOf } from "../config/config.ts";
import { type Answer, Problem } from "./problem.ts";
import type { ReadScope } from "./router.ts";

/** An acceptable `X-Request-Id` of a proxy or a client: long enough to search for, and safe in a log. */
const CLIENT_REQUEST_ID = /^[A-Za-z0-9_-]{8,64}$/;

/** `CF-Ray` as Cloudflare sets it: the request's id in Cloudflare's own logs, and the data center. */
const RAY = /^[0-9a-f]{16}(-[A-Z]{3})?$/;

/** A new id of a request, always ours: a client could repeat or forge the ids of the log and the audit trail. */
export const newRequestId = (): string => crypto.randomUUID();

/**
 * The id that a client or a proxy gave the request in `X-Request-Id`; null for none, for another form, and for a text
 * that may be a credential. It is only kept beside our own id.
 */
export function clientRequestIdOf({ headers }: Pick<Request, "headers">): string | null {
  const sent = headers.get("X-Request-Id");
  const isAcceptable = sent !== null && CLIENT_REQUEST_ID.test(sent) && !looksLikeSecret(sent) && masked(sent) === sent;
  return isAcceptable ? sent : null;
}

/** Default headers of every response. */
export const SECURITY_HEADERS = {
  "X-Content-Type-Options": "nosniff",
  "Strict-Transport-Security": "max-age=31536000",
  "Referrer-Policy": "no-referrer",
} as const;

/**
 * A way to answer a request without the router: the pattern of its route, and its handler. The handler returns null for
 * a request that it leaves to the router, before it has changed or counted anything. Throws as the route's handler.
 */
export type AtOnce = { route: string; answer(c: ReadScope): Promise<Answer | null> };

/** The scope of a request that arrives now. Throws ConfigError. */
export const scopeOf = (request: Request, env: Env, executionCtx: ReadScope["executionCtx"]): ReadScope => ({
  env,
  req: { raw: request },
  executionCtx,
  var: {
    requestId: newRequestId(),
    clientRequestId: clientRequestIdOf(request),
    now: currentTime(),
    subject: {},
    config: configOf(env),
  },
});

/**
 * Whether to answer a refusal of this request as a page: a browser asks for HTML when a person opens an address.
 * Paths of the API always answer problem+json.
 */
export const isForPeople = (request: Request): boolean =>
  (request.headers.get("Accept")?.includes("text/html") ?? false) &&
  !/^\/(v1|v2|workers|pkgbuilds|\.well-known)(\/|$)/.test(new URL(request.url).pathname);

/** The end of a request: its route (a pattern), the status of its answer, the error behind it, and its start. */
type Ending = { route: string; status: number; error: unknown; began: number };

/**
 * Logs one line for a request that ends now, and returns the value of its `Server-Timing` (W3C): the milliseconds until
 * the response began. The line has the route's pattern and not the path, because a path may be a signed link. It has no
 * headers and no bodies. A Worker's clock advances only while it waits for I/O, so the duration is the time spent
 * waiting.
 */
export function logRequest(c: ReadScope, { route, status, error, began }: Ending): string {
  const duration = Math.round(performance.now() - began);
  const timing = `total;dur=${duration}`;
  const { config, requestId, clientRequestId, subject } = c.var;
  const wanted = config.LOG_REQUESTS;
  if (wanted === "none" || (wanted === "failed" && status < 500)) return timing;
  const ray = c.req.raw.headers.get("CF-Ray");
  logEvent("request", {
    request_id: requestId,
    client_request_id: clientRequestId ?? undefined,
    ray: ray !== null && RAY.test(ray) ? ray : undefined,
    method: c.req.raw.method,
    route,
    status,
    code: subject.refusal ?? (error instanceof Problem ? error.code : undefined),
    license: subject.licenseId,
    worker: subject.workerId,
    version: subject.version,
    duration_ms: duration,
  });
  return timing;
}
