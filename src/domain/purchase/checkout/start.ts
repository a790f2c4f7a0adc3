import type { Context } from "hono";
import type Stripe from "stripe";
import * as z from "zod";
import { newSecret } from "../../../lib/credential.ts";
import { newId } from "../../../lib/id.ts";
import { ownOrigin } from "../../../platform/http/own-address.ts";
import { countCheckout } from "../../../platform/http/rate-limit.ts";
import { type AppEnv, Problem } from "../../../platform/http/route.ts";
import type { License } from "../../licensing/license/record.ts";
import { plans, SOLD_PLANS, type SoldPlan, type SoldPlanId } from "../../licensing/plans.ts";
import { blockOf, machinesPaidFor } from "../machines.ts";
import { MOST_MACHINES } from "../offer.ts";
import { asUnavailable, isMissing, type StripeClient } from "../stripe.ts";
import { purchaseScope } from "../sync.ts";
import { hashOf, markBuyer } from "./buyer.ts";
import { insertOrder, setOrderSession } from "./order.ts";
import { NO_TRIAL_OF_UPGRADE, type TrialOffer, trialNotice, trialOfferFor } from "./trial-offer.ts";
import { explainUpgradeRefusal, refusalOfUpgrade } from "./upgrade.ts";

/** A plan on sale. */
export const PlanOnSale = z.enum(SOLD_PLANS);

/** The number of machines of a checkout. It is rounded up to the block that the price covers. */
export const MachineCount = z.number().int().min(1).max(MOST_MACHINES);

/** The order of a buyer. `machines` undefined: as many as the price includes. `upgrades`: the license to upgrade. */
export type Wish = { plan: SoldPlanId; machines: number | undefined; upgrades?: License | null };

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
 * Begins a checkout at Stripe, for the API and the forms, and marks the buyer's browser by a cookie on the response.
 * The price, the currency and the return addresses are ours. A license that cannot be upgraded is refused before
 * anything is paid. Throws LICENSE_REVOKED, LICENSE_SUSPENDED, CONFLICT, RATE_LIMITED, SERVICE_UNAVAILABLE, and the
 * errors of Stripe and D1.
 */
export async function startCheckout<E extends AppEnv>(
  c: Context<E>,
  { plan: id, machines: wanted, upgrades = null }: Wish,
): Promise<StartedCheckout> {
  const plan = plans[id];
  const refusal = upgrades && refusalOfUpgrade(upgrades, id, c.var.now);
  if (refusal) throw new Problem(explainUpgradeRefusal(refusal, id));
  const origin = ownOrigin(c.req.raw, c.var.config);
  await countCheckout(c.env, c.req.raw);
  const { db, stripe, livemode } = await purchaseScope(c.env, c.var.config);
  const cookieHash = await markBuyer(c);
  // Only Stripe gets this secret, and gives it to the browser that completes its payment page.
  const returnSecret = newSecret();
  const price = await priceOf(stripe, plan);
  const machines = machinesPaidFor(wanted ?? plan.machine_limit, blockOf(price));
  const order = { id: newId("ord"), plan: plan.id, machines, upgrades: upgrades?.id ?? null, livemode };
  const trial = upgrades === null ? await trialOfferFor(c, plan) : NO_TRIAL_OF_UPGRADE;
  const hashes = { cookie_hash: cookieHash, return_hash: await hashOf(returnSecret) };
  await insertOrder(db, { ...order, ...hashes }, c.var.now);
  const params = {
    ...sessionParams(plan, price, machines, trial),
    client_reference_id: order.id,
    success_url: `${origin}/checkout/success?session_id={CHECKOUT_SESSION_ID}&return=${returnSecret}`,
    cancel_url: `${origin}/checkout/cancelled`,
  };
  const session = await createSession(stripe, params, upgrades && buyerOf(upgrades, price), order.id);
  await setOrderSession(db, order.id, session.id);
  if (!session.url) throw new Error(`checkout session ${session.id} has no address`);
  return { url: session.url, sessionId: session.id, machines, trial };
}

/** The parameters of a checkout session that name its buyer. */
type Buyer = Pick<
  Stripe.Checkout.SessionCreateParams,
  "customer" | "customer_update" | "customer_email" | "customer_creation"
>;

/**
 * The buyer of an upgrade: the license's customer at Stripe, so that its credit and its cards count. Stripe charges one
 * customer in one currency, so a price in another one gets a new customer with the same address.
 */
function buyerOf({ email, stripe_customer_id: customer, price_currency }: License, price: Stripe.Price): Buyer {
  if (customer !== null && price_currency === price.currency) {
    return { customer, customer_update: { address: "auto", name: "auto" } };
  }
  return { customer_email: email };
}

/** Creates the session. Stripe may have no such customer any more, or refuse an address that it would not take. */
async function createSession(
  stripe: StripeClient,
  params: Stripe.Checkout.SessionCreateParams,
  buyer: Buyer | null,
  orderId: string,
): Promise<Stripe.Checkout.Session> {
  if (buyer !== null) {
    const { customer_creation: _new, ...known } = params;
    const forBuyer = buyer.customer === undefined ? params : known;
    try {
      return await stripe.checkout.sessions.create({ ...forBuyer, ...buyer }, { idempotencyKey: `${orderId}:buyer` });
    } catch (error) {
      if (!isMissing(error) && !isInvalidAddress(error)) return asUnavailable(error);
    }
  }
  return stripe.checkout.sessions.create(params, { idempotencyKey: orderId }).catch(asUnavailable);
}

const isInvalidAddress = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "email_invalid";

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
