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
  /** The hash of the secret in the return address. Null for an order of an older version, which made none. */
  return_hash: z.string().nullable(),
  /** The browser that was the first to come back by the return address after the payment. */
  returned_by: z.enum(["buyer", "other"]).nullable(),
  created_at: z.number(),
});
export type Order = z.infer<typeof OrderRow>;

/** The hash of a buyer's cookie or of the secret in a return address, as stored. */
const hashOf = async (secret: string): Promise<string> => encodeHex(await sha256(secret));

/** Stores an order before its checkout session exists. Throws D1's errors. */
async function insertOrder(
  db: D1Database,
  order: Pick<Order, "id" | "plan" | "machines" | "cookie_hash" | "return_hash">,
  now: UnixSeconds,
): Promise<void> {
  await db
    .prepare("INSERT INTO orders (id, plan, machines, cookie_hash, return_hash, created_at) VALUES (?, ?, ?, ?, ?, ?)")
    .bind(order.id, order.plan, order.machines, order.cookie_hash, order.return_hash, now)
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
  const row = await db
    .prepare("UPDATE orders SET returned_by = coalesce(returned_by, ?) WHERE id = ? RETURNING *")
    .bind(by, order.id)
    .first();
  return row === null ? order : OrderRow.parse(row);
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
  // Only Stripe gets this secret, and gives it to the browser that completes its payment page.
  const returnSecret = newSecret();
  const price = await priceOf(stripe, plan);
  const orderId = newId("ord");
  const hashes = { cookie_hash: cookieHash, return_hash: await hashOf(returnSecret) };
  await insertOrder(db, { id: orderId, plan: plan.id, machines, ...hashes }, c.var.now);
  const common: Stripe.Checkout.SessionCreateParams = {
    ui_mode: "hosted_page",
    client_reference_id: orderId,
    line_items: [{ price: price.id, quantity: machines }],
    success_url: `${origin}/checkout/success?session_id={CHECKOUT_SESSION_ID}&return=${returnSecret}`,
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
