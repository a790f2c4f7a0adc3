import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import * as z from "zod";
import { looksLikeSecret, newSecret } from "../../../lib/credential.ts";
import { encodeHex, equalInConstantTime, sha256 } from "../../../lib/encoding.ts";
import { DAY, type UnixSeconds } from "../../../lib/time.ts";
import type { AppEnv } from "../../../platform/http/router.ts";

const OrderRow = z.object({
  id: z.string(),
  checkout_session_id: z.string().nullable(),
  plan: z.string(),
  machines: z.number(),
  state: z.enum(["open", "pending", "complete", "failed"]),
  cookie_hash: z.string(),
});
export type Order = z.infer<typeof OrderRow>;

/** The hash of a buyer's cookie, as stored. */
const hashCookie = async (cookie: string): Promise<string> => encodeHex(await sha256(cookie));

/** Stores an order before its checkout session exists. Throws D1's errors. */
export async function insertOrder(
  db: D1Database,
  order: Pick<Order, "id" | "plan" | "machines" | "cookie_hash">,
  now: UnixSeconds,
): Promise<void> {
  await db
    .prepare("INSERT INTO orders (id, plan, machines, cookie_hash, created_at) VALUES (?, ?, ?, ?, ?)")
    .bind(order.id, order.plan, order.machines, order.cookie_hash, now)
    .run();
}

/** Stores the session that Stripe made for an order. Throws D1's errors. */
export async function setOrderSession(db: D1Database, id: string, sessionId: string): Promise<void> {
  await db.prepare("UPDATE orders SET checkout_session_id = ? WHERE id = ?").bind(sessionId, id).run();
}

/** The order of a session, or null for a session that did not begin here. Throws D1's errors. */
export async function findOrder(db: D1Database, sessionId: string): Promise<Order | null> {
  const row = await db.prepare("SELECT * FROM orders WHERE checkout_session_id = ?").bind(sessionId).first();
  return row === null ? null : OrderRow.parse(row);
}

/** The states that lead to each state of an order: complete is final, and failed never becomes pending. */
const COMES_FROM: Record<Exclude<Order["state"], "open">, Order["state"][]> = {
  pending: ["open"],
  failed: ["open", "pending"],
  complete: ["open", "pending", "failed"],
};

/** The statement that moves a session's order to another state. Events may come in any order. */
export const orderMoved = (
  db: D1Database,
  sessionId: string,
  state: Exclude<Order["state"], "open">,
): D1PreparedStatement =>
  db
    .prepare("UPDATE orders SET state = ? WHERE checkout_session_id = ? AND state IN (SELECT value FROM json_each(?))")
    .bind(state, sessionId, JSON.stringify(COMES_FROM[state]));

const NAME = "rbee_checkout";

/** The buyer's cookie of a request, or undefined. */
export const buyerCookie = (c: Context<AppEnv>): string | undefined => {
  const value = getCookie(c, NAME, "host");
  return value !== undefined && looksLikeSecret(value) ? value : undefined;
};

/**
 * Marks the browser that begins a checkout with a cookie, and returns the cookie's hash for the order. A marked browser
 * keeps its cookie, so that two purchases in two windows both show their key.
 */
export async function markBuyer(c: Context<AppEnv>): Promise<string> {
  const value = buyerCookie(c) ?? newSecret();
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
 * Whether a cookie is that of the browser that began the order. The session id is part of an address, which may be
 * shared or seen. So the license key is shown only with the cookie, too.
 */
export async function isBuyer(cookie: string | undefined, { cookie_hash }: Order): Promise<boolean> {
  if (cookie === undefined) return false;
  const encoder = new TextEncoder();
  return equalInConstantTime(encoder.encode(await hashCookie(cookie)), encoder.encode(cookie_hash));
}
