import type { MiddlewareHandler } from "hono";

/**
 * For operations whose body may be left out: a `Content-Type` with nothing behind it, as many clients send with every POST, is
 * dropped, since the schemas would look for a body of that type.
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
