import type { MiddlewareHandler } from "hono";
import { isLoopback, LOOPBACK } from "../../lib/loopback.ts";
import type { Config } from "../config/config.ts";
import { isForPeople } from "./exchange.ts";
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

/** Whether a request came to one of the origins beside `PUBLIC_URL`. */
export const isAtOtherOrigin = ({ url }: Pick<Request, "url">, { OTHER_ORIGINS }: Pick<Config, "OTHER_ORIGINS">) =>
  OTHER_ORIGINS.some((origin) => url.startsWith(`${origin}/`));

/** The https origin that a plain request is sent to: the other origin of its host, else `PUBLIC_URL`. */
const secureOrigin = (host: string, { PUBLIC_URL, OTHER_ORIGINS }: Pick<Config, "PUBLIC_URL" | "OTHER_ORIGINS">) =>
  OTHER_ORIGINS.find((origin) => origin === `https://${host}`) ?? PUBLIC_URL;

/** The paths of pages with a session, or with a cookie of the buyer. */
const WITH_COOKIES = /^\/(admin|account|recover|checkout)(\/|$)/;

/**
 * Sends people who open a page at another origin to `PUBLIC_URL`. Sessions, forms and their cookies belong to one
 * origin. A rule in front of the console, such as Cloudflare Access, is for that one too, so programs get no page with
 * a session elsewhere either. Throws FORM_REFUSED for the forms of these pages.
 */
export const pagesAtPublicUrl: MiddlewareHandler<AppEnv> = async (c, next) => {
  const { raw } = c.req;
  const { PUBLIC_URL } = c.var.config;
  if (!isAtOtherOrigin(raw, c.var.config)) return next();
  const { pathname, search } = new URL(raw.url);
  const isRead = raw.method === "GET" || raw.method === "HEAD";
  // The path that the router matches: `/%61dmin` is `/admin` there.
  const hasCookies = WITH_COOKIES.test(c.req.path);
  if (isRead && (hasCookies || isForPeople(raw))) {
    c.header("Cache-Control", "no-store");
    return c.redirect(`${PUBLIC_URL}${pathname}${search}`, 301);
  }
  if (hasCookies)
    throw new Problem({ code: "FORM_REFUSED", detail: `Open the page at ${PUBLIC_URL} and send it there.` });
  return next();
};

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
    const { host, pathname, search } = new URL(c.req.url);
    const origin = secureOrigin(host, c.var.config);
    if (isRead && !headers.has("Authorization")) return c.redirect(`${origin}${pathname}${search}`, 301);
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
