import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { looksLikeSecret, newSecret } from "../../../lib/credential.ts";
import { encodeHex, equalInConstantTime, sha256 } from "../../../lib/encoding.ts";
import { DAY, type UnixSeconds } from "../../../lib/time.ts";
import type { AppEnv } from "../../../platform/http/route.ts";
import { type Order, returnNoted } from "./order.ts";

/** The hash of a buyer's cookie or of the secret in a return address, as stored. */
export const hashOf = async (secret: string): Promise<string> => encodeHex(await sha256(secret));

const NAME = "rbee_checkout";

/** The buyer's cookie of a request, or undefined. */
export const buyerCookie = <E extends AppEnv>(c: Context<E>): string | undefined => {
  const value = getCookie(c, NAME, "host");
  return value !== undefined && looksLikeSecret(value) ? value : undefined;
};

/** Marks the browser with a cookie, unless an earlier checkout has, and returns the cookie's hash for the order. */
export async function markBuyer<E extends AppEnv>(c: Context<E>): Promise<string> {
  const value = buyerCookie(c) ?? newSecret();
  setCookie(c, NAME, value, {
    prefix: "host",
    path: "/",
    secure: true,
    httpOnly: true,
    sameSite: "Lax",
    maxAge: 2 * DAY,
  });
  return hashOf(value);
}

/** The secrets by which a browser proves its part in a checkout. */
export type Visitor = {
  /** The cookie of the browser that began a checkout here. */
  cookie: string | undefined;
  /** The secret of the return address, if the browser came by it. */
  returnSecret: string | undefined;
};

async function matches(secret: string | undefined, hash: string | null): Promise<boolean> {
  if (secret === undefined || hash === null) return false;
  const encoder = new TextEncoder();
  return equalInConstantTime(encoder.encode(await hashOf(secret)), encoder.encode(hash));
}

/** An order of an older version has no return address. Its checkout ends after a day at most, as Stripe's do. */
const isOlder = ({ return_hash, created_at }: Order, now: UnixSeconds): boolean =>
  return_hash === null && now < created_at + DAY;

/**
 * Whether this browser both began and paid the checkout: it has the order's cookie, and came back by the return address
 * before any other browser. The one who began it may have sent the payment page to somebody else, so the cookie alone
 * shows no key.
 */
export const isBuyer = async ({ cookie }: Visitor, order: Order, now: UnixSeconds): Promise<boolean> =>
  (order.returned_by === "buyer" || isOlder(order, now)) && matches(cookie, order.cookie_hash);

/**
 * Notes the browser that is the first to come by the return address, and returns the order as it is then. The caller
 * has found that the payment page is completed: before that, nobody but the one who began could use the address. Later
 * arrivals change nothing, so an address from a history or a log is of no use. Throws D1's errors.
 */
export async function noteReturn(db: D1Database, order: Order, visitor: Visitor): Promise<Order> {
  if (order.returned_by !== null || !(await matches(visitor.returnSecret, order.return_hash))) return order;
  const by = (await matches(visitor.cookie, order.cookie_hash)) ? "buyer" : "other";
  return (await returnNoted(db, order.id, by)) ?? order;
}
