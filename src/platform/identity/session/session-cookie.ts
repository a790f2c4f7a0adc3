import type { Context } from "hono";
import { generateCookie, getCookie } from "hono/cookie";
import { looksLikeSecret } from "../../../lib/credential.ts";
import type { AppEnv } from "../../http/router.ts";
import { PLACES, type Place } from "./session.ts";

/** `__Host-`: sent over TLS only, for every path, and settable by no other host, a subdomain included (RFC 6265bis). */
const COMMON = { prefix: "host", path: "/", secure: true } as const;

/** The secret that the request's cookie of a place holds, or null: none, or nothing that could be one. */
export function readSessionCookie<E extends AppEnv>(c: Context<E>, place: Place): string | null {
  const value = getCookie(c, PLACES[place].cookie, "host");
  return value !== undefined && looksLikeSecret(value) ? value : null;
}

/** Hands a session's secret to the browser, which forgets it when the session ends at the latest. */
export function writeSessionCookie<E extends AppEnv>(c: Context<E>, place: Place, secret: string): void {
  setCookie(c, place, secret, PLACES[place].lifetime);
}

/** Takes the cookie back. */
export const clearSessionCookie = <E extends AppEnv>(c: Context<E>, place: Place): void => setCookie(c, place, "", 0);

/** Goes to `c.res`, whose headers reach a page, too: those of `c.header` do not reach a `Response` that a handler makes itself. */
function setCookie<E extends AppEnv>(c: Context<E>, place: Place, secret: string, maxAge: number): void {
  const { cookie, sameSite } = PLACES[place];
  c.res.headers.append("Set-Cookie", generateCookie(cookie, secret, { ...COMMON, httpOnly: true, sameSite, maxAge }));
}
