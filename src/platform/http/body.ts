import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { Problem } from "./problem.ts";

/** Refuses a body over `maxBytes` with PAYLOAD_TOO_LARGE before reading it all. Not for routes that stream. */
export const limitBody = (maxBytes: number): MiddlewareHandler =>
  bodyLimit({
    maxSize: maxBytes,
    onError: () => {
      throw new Problem({ code: "PAYLOAD_TOO_LARGE", detail: `The body may have at most ${maxBytes} bytes.` });
    },
  });

/** The limit of a JSON body: 64 KiB. */
export const jsonBodyLimit: MiddlewareHandler = limitBody(64 * 1024);

/**
 * For operations with an optional body. Drops the `Content-Type` of an empty body, which many clients send with every
 * POST, because the validator would require a body of that type.
 */
export const optionalBody: MiddlewareHandler = async (c, next) => {
  const { raw } = c.req;
  if (raw.body === null || raw.headers.get("Content-Length") === "0") {
    const headers = new Headers(raw.headers);
    headers.delete("Content-Type");
    c.req.raw = new Request(raw, { headers });
  }
  await next();
};
