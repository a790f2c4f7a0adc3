import type Stripe from "stripe";
import * as z from "zod";
import { newId } from "../../../lib/id.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { countCheckout } from "../../../platform/http/rate-limit.ts";
import { type AppContext, Problem } from "../../../platform/http/route.ts";
import { plans, SOLD_PLANS, type SoldPlan, type SoldPlanId } from "../../licensing/plans.ts";
import { purchaseScope } from "../scope.ts";
import { asUnavailable } from "../stripe.ts";
import { insertOrder, markBuyer, setOrderSession } from "./order.ts";

/** A plan on sale. */
export const PlanOnSale = z.enum(SOLD_PLANS);

/** The most machines that one checkout sells. Larger customers should write to us. */
export const MOST_MACHINES = 500;

/** The number of machines of a checkout. */
export const MachineCount = z.number().int().min(1).max(MOST_MACHINES);

/**
 * Begins a checkout, for the API and the form, and marks the buyer's browser by a cookie on the response. `machines`:
 * as many as the plan's price includes, unless given. Throws RATE_LIMITED, SERVICE_UNAVAILABLE, and the errors of
 * Stripe and D1.
 */
export async function startCheckout(
  c: AppContext,
  { plan: id, machines }: { plan: SoldPlanId; machines: number | undefined },
): Promise<{ url: string; sessionId: string }> {
  const plan = plans[id];
  await countCheckout(c.env, c.req.raw);
  const scope = await purchaseScope(c.env, c.var.config);
  const cookieHash = await markBuyer(c);
  const asked = { plan, machines: machines ?? plan.machine_limit, cookieHash, origin: new URL(c.req.url).origin };
  return beginCheckout(scope, asked, c.var.now);
}

/** The price of a plan, by its `lookup_key`. Throws SERVICE_UNAVAILABLE when Stripe has none. */
async function priceOf(stripe: Stripe, plan: SoldPlan): Promise<Stripe.Price> {
  const { data } = await stripe.prices.list({ lookup_keys: [plan.id], active: true, limit: 1 });
  const [price] = data;
  if (price) return price;
  throw new Problem({ code: "SERVICE_UNAVAILABLE", detail: `${plan.name} cannot be bought just now.` });
}

/**
 * Begins a checkout at Stripe for one plan and a number of machines. The price, the currency and the return addresses
 * are ours. `origin` is this service's own, `cookieHash` the stored hash of the buyer's cookie. Throws the errors of
 * Stripe and D1.
 */
export async function beginCheckout(
  { db, stripe }: { db: D1Database; stripe: Stripe },
  { plan, machines, cookieHash, origin }: { plan: SoldPlan; machines: number; cookieHash: string; origin: string },
  now: UnixSeconds,
): Promise<{ url: string; sessionId: string }> {
  const price = await priceOf(stripe, plan);
  const orderId = newId("ord");
  await insertOrder(db, { id: orderId, plan: plan.id, machines, cookie_hash: cookieHash }, now);
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
