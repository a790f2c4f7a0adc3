import type { MiddlewareHandler } from "hono";
import { isLoopback, LOOPBACK } from "../../lib/loopback.ts";
import type { Config } from "../config/config.ts";
import { Problem } from "./problem.ts";
import type { AppEnv } from "./router.ts";

type Addresses = Pick<Config, "ENVIRONMENT" | "PUBLIC_URL">;

/**
 * The origin of every link to ourselves: `PUBLIC_URL`. Never use the origin of the request, because the client writes
 * the `Host` header: a forged one would lead a buyer to another site. Only in development, a loopback address that the
 * client used stays, because the server may be reached at several of them and its cookies belong to one.
 */
export function ownOrigin(request: Request, { ENVIRONMENT, PUBLIC_URL }: Addresses): string {
  if (ENVIRONMENT !== "development" || !isLoopback(new URL(PUBLIC_URL).hostname)) return PUBLIC_URL;
  const { origin, hostname } = new URL(request.url);
  return isLoopback(hostname) ? origin : PUBLIC_URL;
}

/** The beginning of a URL, as a request has it, on this machine itself. */
const AT_LOOPBACK = new RegExp(`^http://${LOOPBACK.source.slice(1, -1)}(:\\d+)?(/|$)`);

/** Whether a request came unencrypted over a network, as Cloudflare tells by the scheme of its URL. */
export function isPlainHttp({ url }: Pick<Request, "url">): boolean {
  return !url.startsWith("https:") && !AT_LOOPBACK.test(url);
}

/**
 * Accepts no credential over plain http, because others on the way can read it. A read without a credential is
 * redirected to https; everything else is HTTPS_REQUIRED. It does not redirect a request with a credential, because the
 * client would never learn of the leak. A development server has no https address: it serves requests without a
 * credential.
 */
export const requireHttps: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (!isPlainHttp(c.req.raw)) return next();
  const { PUBLIC_URL } = c.var.config;
  const { headers, method } = c.req.raw;
  const isRead = method === "GET" || method === "HEAD";
  if (PUBLIC_URL.startsWith("https:")) {
    const { pathname, search } = new URL(c.req.url);
    if (isRead && !headers.has("Authorization")) return c.redirect(`${PUBLIC_URL}${pathname}${search}`, 301);
  } else if (!headers.has("Authorization") && !headers.has("Cookie") && (isRead || !isForm(headers))) {
    return next();
  }
  throw new Problem({
    code: "HTTPS_REQUIRED",
    detail: `Plain http is not accepted, because others can read it. Use ${PUBLIC_URL}, and replace a key or token that you sent.`,
  });
};

/** Whether the body is a form. The forms of pages carry keys. */
const isForm = (headers: Headers): boolean => /form/i.test(headers.get("Content-Type") ?? "");
