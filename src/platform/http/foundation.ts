import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { isStripeOutage } from "../../domain/purchase/stripe-failure.ts";
import { logFailure } from "../../lib/log.ts";
import { isForPeople, problemPage } from "../../web/page/problem-page.tsx";
import { ConfigError, configOf } from "../config/config.ts";
import { isStoreFailure } from "../storage/store-failure.ts";
import { Problem, problemResponse, type Refusal } from "./problem.ts";
import type { AppContext, AppEnv } from "./router.ts";

/** A request id as a proxy or a client may send one: long enough to find, too plain to hurt a log. */
const REQUEST_ID = /^[A-Za-z0-9_-]{8,64}$/;

/** The id of a request: the one it was sent with (undefined or null: none) if that is plausible, else a new one. */
export const requestIdOf = (sent: string | null | undefined): string =>
  sent && REQUEST_ID.test(sent) ? sent : crypto.randomUUID();

/** Headers of every response that does not set its own; nothing here is ever sniffed. */
export const SECURITY_HEADERS = {
  "X-Content-Type-Options": "nosniff",
  "Strict-Transport-Security": "max-age=31536000",
  "Referrer-Policy": "no-referrer",
} as const;

/** Sets what every handler relies on (request id, configuration) and what every response carries. */
export const foundation: MiddlewareHandler<AppEnv> = async (c, next) => {
  c.set("requestId", requestIdOf(c.req.header("X-Request-Id")));
  c.set("subject", {});
  c.set("config", configOf(c.env));
  await next();
  // What only leads to a page is no more to be stored than the page.
  if (c.res.status === 303) c.res.headers.set("Cache-Control", "no-store");
  stamp(c.res.headers, c.var.requestId);
};

function stamp(headers: Headers, requestId: string): void {
  headers.set("X-Request-Id", requestId);
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) if (!headers.has(name)) headers.set(name, value);
}

/** Refuses a body of more than `maxBytes` before it is read whole. Not for routes that stream bytes. */
export const limitBody = (maxBytes: number): MiddlewareHandler =>
  bodyLimit({
    maxSize: maxBytes,
    onError: () => {
      throw new Problem({ code: "PAYLOAD_TOO_LARGE", detail: `The body may have at most ${maxBytes} bytes.` });
    },
  });

/** The limit of a JSON body: 64 KiB. */
export const jsonBodyLimit: MiddlewareHandler = limitBody(64 * 1024);

/** Turns whatever a handler threw into a problem. An unknown error says nothing of the inside; the log has it. */
export async function onError(error: unknown, c: AppContext): Promise<Response> {
  const requestId = c.var.requestId ?? crypto.randomUUID();
  const response = await answerRefusal(c, refusalOf(error, requestId), requestId);
  stamp(response.headers, requestId);
  return response;
}

async function answerRefusal(c: AppContext, refusal: Refusal, requestId: string): Promise<Response> {
  return isForPeople(c.req.raw) ? problemPage(c.req.raw, refusal, requestId) : problemResponse(refusal, requestId);
}

function refusalOf(error: unknown, requestId: string): Refusal {
  if (error instanceof Problem) return error;
  if (error instanceof HTTPException && (error.status === 400 || error.status === 415)) {
    return { code: "MALFORMED_REQUEST", detail: "Send the body as JSON, with `Content-Type: application/json`." };
  }
  const stack = error instanceof Error ? error.stack : undefined;
  logFailure("request.failed", error, { request_id: requestId, stack });
  if (error instanceof ConfigError) return { code: "SERVICE_UNAVAILABLE", detail: "The service is not configured." };
  // A store that has a bad minute is worth a retry: makepkg, for one, retries 503 and reads Retry-After.
  if (isStripeOutage(error)) {
    const detail = "The payment provider does not answer. Please try again.";
    return { code: "SERVICE_UNAVAILABLE", detail, extras: { retry_after: 30 } };
  }
  return isStoreFailure(error)
    ? { code: "SERVICE_UNAVAILABLE", detail: "A store does not answer. Please try again.", extras: { retry_after: 5 } }
    : { code: "INTERNAL_ERROR", detail: `Please try again; if it stays, tell us the request id ${requestId}.` };
}

/** The answer to a path or method that does not exist. */
export function notFound(c: AppContext): Promise<Response> {
  const detail = `There is no ${c.req.method} ${new URL(c.req.url).pathname} here.`;
  return answerRefusal(c, { code: "NOT_FOUND", detail }, c.var.requestId);
}
