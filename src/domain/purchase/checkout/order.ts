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

/** How a buyer's cookie is kept. */
export const hashCookie = async (cookie: string): Promise<string> => encodeHex(await sha256(cookie));

/** Writes an order that is about to become a checkout session. Throws what D1 throws. */
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

/** Joins an order to the session that Stripe made for it. Throws what D1 throws. */
export async function setOrderSession(db: D1Database, id: string, sessionId: string): Promise<void> {
  await db.prepare("UPDATE orders SET checkout_session_id = ? WHERE id = ?").bind(sessionId, id).run();
}

/** The order of a session, or null: a session that did not begin here. */
export async function findOrder(db: D1Database, sessionId: string): Promise<Order | null> {
  const row = await db.prepare("SELECT * FROM orders WHERE checkout_session_id = ?").bind(sessionId).first();
  return row === null ? null : OrderRow.parse(row);
}

/** The states an order may come from: what is complete stays so, and what has failed is not pending again. */
const COMES_FROM: Record<Exclude<Order["state"], "open">, Order["state"][]> = {
  pending: ["open"],
  failed: ["open", "pending"],
  complete: ["open", "pending", "failed"],
};

/** The statement that moves a session's order on, whatever order its events come in. */
export const orderMoved = (
  db: D1Database,
  sessionId: string,
  state: Exclude<Order["state"], "open">,
): D1PreparedStatement =>
  db
    .prepare("UPDATE orders SET state = ? WHERE checkout_session_id = ? AND state IN (SELECT value FROM json_each(?))")
    .bind(state, sessionId, JSON.stringify(COMES_FROM[state]));

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
