import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { AppEnv } from "../http/app.ts";
import { PLACES, type Place } from "./session.ts";
import { looksLikeSessionSecret } from "./session-secret.ts";

/** `__Host-`: sent over TLS only, for every path, and settable by no other host, a subdomain included (RFC 6265bis). */
const COMMON = { prefix: "host", path: "/", secure: true } as const;

/** The secret that the request's cookie of a place holds, or null: none, or nothing that could be one. */
export function readSessionCookie<E extends AppEnv>(c: Context<E>, place: Place): string | null {
  const value = getCookie(c, PLACES[place].cookie, "host");
  return value !== undefined && looksLikeSessionSecret(value) ? value : null;
}

/** Hands a session's secret to the browser, which forgets it when the session ends at the latest. */
export function writeSessionCookie<E extends AppEnv>(c: Context<E>, place: Place, secret: string): void {
  const { cookie, sameSite, lifetime } = PLACES[place];
  setCookie(c, cookie, secret, { ...COMMON, httpOnly: true, sameSite, maxAge: lifetime });
}

/** Takes the cookie back. */
export function clearSessionCookie<E extends AppEnv>(c: Context<E>, place: Place): void {
  deleteCookie(c, PLACES[place].cookie, COMMON);
}
