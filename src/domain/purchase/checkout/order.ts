import { getCookie, setCookie } from "hono/cookie";
import type Stripe from "stripe";
import * as z from "zod";
import { looksLikeSecret, newSecret } from "../../../lib/credential.ts";
import { encodeHex, equalInConstantTime, sha256 } from "../../../lib/encoding.ts";
import { newId } from "../../../lib/id.ts";
import { DAY, type UnixSeconds } from "../../../lib/time.ts";
import { ownOrigin } from "../../../platform/http/own-address.ts";
import { countCheckout } from "../../../platform/http/rate-limit.ts";
import { type AppContext, Problem } from "../../../platform/http/route.ts";
import { plans, SOLD_PLANS, type SoldPlan, type SoldPlanId } from "../../licensing/plans.ts";
import { MOST_MACHINES } from "../offer.ts";
import { asUnavailable, type StripeClient } from "../stripe.ts";
import { purchaseScope } from "../sync.ts";

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
async function insertOrder(
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
async function setOrderSession(db: D1Database, id: string, sessionId: string): Promise<void> {
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
export const buyerCookie = (c: AppContext): string | undefined => {
  const value = getCookie(c, NAME, "host");
  return value !== undefined && looksLikeSecret(value) ? value : undefined;
};

/** Marks the browser with a cookie, unless an earlier checkout has, and returns the cookie's hash for the order. */
async function markBuyer(c: AppContext): Promise<string> {
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

/** Whether a cookie is that of the order's browser. The session id alone may be shared, so it shows no key. */
export async function isBuyer(cookie: string | undefined, { cookie_hash }: Order): Promise<boolean> {
  if (cookie === undefined) return false;
  const encoder = new TextEncoder();
  return equalInConstantTime(encoder.encode(await hashCookie(cookie)), encoder.encode(cookie_hash));
}

/** A plan on sale. */
export const PlanOnSale = z.enum(SOLD_PLANS);

/** The number of machines of a checkout. */
export const MachineCount = z.number().int().min(1).max(MOST_MACHINES);

/** The price of a plan, by its `lookup_key`. Throws SERVICE_UNAVAILABLE when Stripe has none. */
async function priceOf(stripe: StripeClient, plan: SoldPlan): Promise<Stripe.Price> {
  const { data } = await stripe.prices.list({ lookup_keys: [plan.id], active: true, limit: 1 });
  const [price] = data;
  if (price) return price;
  throw new Problem({ code: "SERVICE_UNAVAILABLE", detail: `${plan.name} cannot be bought just now.` });
}

/**
 * Begins a checkout at Stripe, for the API and the form, and marks the buyer's browser by a cookie on the response. The
 * price, the currency and the return addresses are ours. `machines`: as many as the plan's price includes, unless
 * given. Throws RATE_LIMITED, SERVICE_UNAVAILABLE, and the errors of Stripe and D1.
 */
export async function startCheckout(
  c: AppContext,
  { plan: id, machines: wanted }: { plan: SoldPlanId; machines: number | undefined },
): Promise<{ url: string; sessionId: string }> {
  const plan = plans[id];
  const machines = wanted ?? plan.machine_limit;
  const origin = ownOrigin(c.req.raw, c.var.config);
  await countCheckout(c.env, c.req.raw);
  const { db, stripe } = await purchaseScope(c.env, c.var.config);
  const cookieHash = await markBuyer(c);
  const price = await priceOf(stripe, plan);
  const orderId = newId("ord");
  await insertOrder(db, { id: orderId, plan: plan.id, machines, cookie_hash: cookieHash }, c.var.now);
  const common: Stripe.Checkout.SessionCreateParams = {
    ui_mode: "hosted_page",
    client_reference_id: orderId,
    line_items: [{ price: price.id, quantity: machines }],
    success_url: `${origin}/checkout/success?session_id={CHECKOUT_SESSION_ID}`,
    cancel_url: `${origin}/checkout/cancelled`,
    allow_promotion_codes: true,
    automatic_tax: { enabled: true },
    tax_id_collection: { enabled: true },
    billing_address_collection: "auto",
  };
  const params: Stripe.Checkout.SessionCreateParams =
    plan.billing === "monthly"
      ? {
          ...common,
          mode: "subscription",
          subscription_data: plan.trial_days > 0 ? { trial_period_days: plan.trial_days } : {},
        }
      : { ...common, mode: "payment", customer_creation: "always", invoice_creation: { enabled: true } };
  const session = await stripe.checkout.sessions.create(params, { idempotencyKey: orderId }).catch(asUnavailable);
  await setOrderSession(db, orderId, session.id);
  if (!session.url) throw new Error(`checkout session ${session.id} has no address`);
  return { url: session.url, sessionId: session.id };
}
