import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { looksLikeSecret, newSecret } from "../../lib/credential.ts";
import { equalInConstantTime } from "../../lib/encoding.ts";
import { DAY } from "../../lib/time.ts";
import type { AppEnv } from "../../platform/http/router.ts";
import { hashCookie, type Order } from "./order-store.ts";

const NAME = "rbee_checkout";

const read = (c: Context<AppEnv>): string | undefined => {
  const value = getCookie(c, NAME, "host");
  return value !== undefined && looksLikeSecret(value) ? value : undefined;
};

/**
 * Marks the browser that begins a checkout, and returns the mark's hash for the order. A browser that is marked already keeps
 * its mark, so that two purchases in two windows both show their key.
 */
export async function markBuyer(c: Context<AppEnv>): Promise<string> {
  const value = read(c) ?? newSecret();
  setCookie(c, NAME, value, {
    prefix: "host",
    path: "/",
    secure: true,
    httpOnly: true,
    sameSite: "Lax",
    maxAge: 2 * DAY,
  });
  return hashCookie(value);
}

/**
 * Whether the request comes from the browser that began the order. The session id stands in an address and may be shared or
 * seen; the license key is shown only to who can prove this as well.
 */
export async function isBuyer(c: Context<AppEnv>, order: Order | null): Promise<boolean> {
  const value = read(c);
  if (value === undefined || order === null) return false;
  const encoder = new TextEncoder();
  return equalInConstantTime(encoder.encode(await hashCookie(value)), encoder.encode(order.cookie_hash));
}
