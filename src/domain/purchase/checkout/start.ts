import type Stripe from "stripe";
import * as z from "zod";
import { newSecret } from "../../../lib/credential.ts";
import { newId } from "../../../lib/id.ts";
import { ownOrigin } from "../../../platform/http/own-address.ts";
import { countCheckout } from "../../../platform/http/rate-limit.ts";
import { type AppContext, Problem } from "../../../platform/http/route.ts";
import { plans, SOLD_PLANS, type SoldPlan, type SoldPlanId } from "../../licensing/plans.ts";
import { blockOf, machinesPaidFor } from "../machines.ts";
import { MOST_MACHINES } from "../offer.ts";
import { asUnavailable, type StripeClient } from "../stripe.ts";
import { purchaseScope } from "../sync.ts";
import { hashOf, markBuyer } from "./buyer.ts";
import { insertOrder, setOrderSession } from "./order.ts";
import { type TrialOffer, trialNotice, trialOfferFor } from "./trial-offer.ts";

/** A plan on sale. */
export const PlanOnSale = z.enum(SOLD_PLANS);

/** The number of machines of a checkout. It is rounded up to the block that the price covers. */
export const MachineCount = z.number().int().min(1).max(MOST_MACHINES);

/** The order of a buyer. `machines` undefined: as many as the plan's price includes. */
export type Wish = { plan: SoldPlanId; machines: number | undefined };

/** A checkout that has begun. `machines`: as many as are paid for. */
export type StartedCheckout = { url: string; sessionId: string; machines: number; trial: TrialOffer };

/** The price of a plan, by its `lookup_key`. Throws SERVICE_UNAVAILABLE when Stripe has none. */
async function priceOf(stripe: StripeClient, plan: SoldPlan): Promise<Stripe.Price> {
  const { data } = await stripe.prices.list({ lookup_keys: [plan.id], active: true, limit: 1 });
  const [price] = data;
  if (price) return price;
  throw new Problem({ code: "SERVICE_UNAVAILABLE", detail: `${plan.name} cannot be bought just now.` });
}

/**
 * Begins a checkout at Stripe, for the API and the form, and marks the buyer's browser by a cookie on the response. The
 * price, the currency and the return addresses are ours. Throws RATE_LIMITED, SERVICE_UNAVAILABLE, and the errors of
 * Stripe and D1.
 */
export async function startCheckout(c: AppContext, { plan: id, machines: wanted }: Wish): Promise<StartedCheckout> {
  const plan = plans[id];
  const origin = ownOrigin(c.req.raw, c.var.config);
  await countCheckout(c.env, c.req.raw);
  const { db, stripe, livemode } = await purchaseScope(c.env, c.var.config);
  const cookieHash = await markBuyer(c);
  // Only Stripe gets this secret, and gives it to the browser that completes its payment page.
  const returnSecret = newSecret();
  const price = await priceOf(stripe, plan);
  const machines = machinesPaidFor(wanted ?? plan.machine_limit, blockOf(price));
  const order = { id: newId("ord"), plan: plan.id, machines, upgrades: null, livemode };
  const trial = await trialOfferFor(c, plan);
  const hashes = { cookie_hash: cookieHash, return_hash: await hashOf(returnSecret) };
  await insertOrder(db, { ...order, ...hashes }, c.var.now);
  const session = await stripe.checkout.sessions
    .create(
      {
        ...sessionParams(plan, price, machines, trial),
        client_reference_id: order.id,
        success_url: `${origin}/checkout/success?session_id={CHECKOUT_SESSION_ID}&return=${returnSecret}`,
        cancel_url: `${origin}/checkout/cancelled`,
      },
      { idempotencyKey: order.id },
    )
    .catch(asUnavailable);
  await setOrderSession(db, order.id, session.id);
  if (!session.url) throw new Error(`checkout session ${session.id} has no address`);
  return { url: session.url, sessionId: session.id, machines, trial };
}

/** The parameters of a checkout session that follow from the plan. */
function sessionParams(
  plan: SoldPlan,
  price: Stripe.Price,
  machines: number,
  trial: TrialOffer,
): Stripe.Checkout.SessionCreateParams {
  const common = {
    ui_mode: "hosted_page",
    line_items: [{ price: price.id, quantity: machines }],
    allow_promotion_codes: true,
    automatic_tax: { enabled: true },
    tax_id_collection: { enabled: true },
    billing_address_collection: "auto",
  } satisfies Stripe.Checkout.SessionCreateParams;
  return plan.billing === "monthly"
    ? {
        ...common,
        mode: "subscription",
        subscription_data: trial.offered ? { trial_period_days: plan.trial_days } : {},
        ...(plan.trial_days > 0 && { custom_text: { submit: { message: trialNotice(trial) } } }),
      }
    : { ...common, mode: "payment", customer_creation: "always", invoice_creation: { enabled: true } };
}
