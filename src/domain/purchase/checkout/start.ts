import type { Context } from "hono";
import type Stripe from "stripe";
import * as z from "zod";
import { newSecret } from "../../../lib/credential.ts";
import { encodeHex, sha256 } from "../../../lib/encoding.ts";
import { newId } from "../../../lib/id.ts";
import { logEvent } from "../../../lib/log.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import type { Config } from "../../../platform/config/config.ts";
import { legalPages, mayNotSell, type Seller, sellerOf } from "../../../platform/config/seller.ts";
import { ownOrigin } from "../../../platform/http/own-address.ts";
import { countCheckout } from "../../../platform/http/rate-limit.ts";
import { type AppEnv, Problem } from "../../../platform/http/route.ts";
import type { License } from "../../licensing/license/record.ts";
import { intervalOf, plans, SOLD_PLANS, type SoldPlan, type SoldPlanId } from "../../licensing/plans.ts";
import { workers } from "../../workers/workers.ts";
import { blockOf, machinesPaidFor } from "../machines.ts";
import { MOST_MACHINES } from "../offer.ts";
import { asUnavailable, isMissing, type StripeClient } from "../stripe.ts";
import { purchaseScope } from "../sync.ts";
import { hashOf, markBuyer } from "./buyer.ts";
import { type CONSENT_WAYS, insertOrder, setOrderSession } from "./order.ts";
import { NO_TRIAL_OF_UPGRADE, type TrialOffer, trialNotice, trialOfferFor } from "./trial-offer.ts";
import { explainUpgradeRefusal, refusalOfUpgrade } from "./upgrade.ts";

/** A plan on sale. */
export const PlanOnSale = z.enum(SOLD_PLANS);

/** The number of machines of a checkout. It is rounded up to the block that the price covers. */
export const MachineCount = z.number().int().min(1).max(MOST_MACHINES);

/** The order of a buyer. `machines` undefined: as many as the price includes. `upgrades`: the license to upgrade. */
export type Wish = {
  plan: SoldPlanId;
  machines: number | undefined;
  upgrades?: License | null;
  /** The currency of ours that the page showed. One that the price does not have is ignored. The API takes none. */
  currency?: string | undefined;
  /** The id of the worker whose page the buyer came from. An unknown one is ignored. */
  worker?: string | undefined;
  /** How the buyer has accepted the seller's terms; null or missing: not here. */
  consent?: (typeof CONSENT_WAYS)[number] | null;
};

/** A checkout that has begun. `machines`: as many as are paid for. */
export type StartedCheckout = { url: string; sessionId: string; machines: number; trial: TrialOffer };

/** The price of a plan, by its `lookup_key`. Throws SERVICE_UNAVAILABLE when Stripe has none. */
async function priceOf(stripe: StripeClient, plan: SoldPlan): Promise<Stripe.Price> {
  const wanted = { lookup_keys: [plan.id], active: true, limit: 1, expand: ["data.currency_options"] };
  const { data } = await stripe.prices.list(wanted);
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
  { plan: id, machines: wanted, upgrades = null, currency, worker, consent = null }: Wish,
): Promise<StartedCheckout> {
  refuseUnknownSeller(c.var.config);
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
  const given = await consentTo(c.var.config, consent, c.var.now);
  const shown = { worker: workers.find((each) => each.id === worker)?.id ?? null };
  const charged = currency !== undefined && Object.hasOwn(price.currency_options ?? {}, currency) ? currency : null;
  await insertOrder(db, { ...order, ...hashes, ...given, ...shown }, c.var.now);
  const params = {
    ...sessionParams(c.var.config, plan, price, { machines, currency: charged, trial }),
    client_reference_id: order.id,
    success_url: `${origin}/checkout/success?session_id={CHECKOUT_SESSION_ID}&return=${returnSecret}`,
    cancel_url: `${origin}/checkout/cancelled?${new URLSearchParams(
      // The choice, so that the page after a canceled payment leads back to it.
      Object.entries({ plan: id, machines: String(machines), currency: charged, worker: shown.worker }).flatMap(
        ([name, value]) => (value ? [[name, value]] : []),
      ),
    )}`,
  };
  const session = await createSession(stripe, params, upgrades && buyerOf(upgrades, price), order.id);
  await setOrderSession(db, order.id, session.id);
  if (!session.url) throw new Error(`checkout session ${session.id} has no address`);
  return { url: session.url, sessionId: session.id, machines, trial };
}

const NO_CONSENT = { terms_at: null, terms_version: null, terms_by: null };

/** The consent that an order notes. There is none without terms. */
async function consentTo({ TERMS }: Pick<Config, "TERMS">, by: Wish["consent"], now: UnixSeconds) {
  if (!by || TERMS.trim() === "") return NO_CONSENT;
  return { terms_at: now, terms_version: encodeHex(await sha256(TERMS)), terms_by: by };
}

/** The sentence about the seller on the payment page, in Stripe's Markdown. */
function sellerNotice(seller: Seller, publicUrl: string): string {
  const links = legalPages(seller).map(({ href, text }) => `[${text}](${publicUrl}${href})`);
  return [`Sold by ${seller.name}.`, ...(links.length > 0 ? [`${links.join(", ")}.`] : [])].join(" ");
}

/** Throws SERVICE_UNAVAILABLE if this deployment must not sell, and names the missing variables in the log alone. */
function refuseUnknownSeller(config: Config): void {
  if (!mayNotSell(config)) return;
  logEvent("seller.unknown", { missing: config.SELLER_MISSING.join(" ") });
  throw new Problem({ code: "SERVICE_UNAVAILABLE", detail: "Nothing is sold here at the moment." });
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

/** `currency`: one that the price has; null: the payment page chooses. */
type Choice = { machines: number; currency: string | null; trial: TrialOffer };

/** The parameters of a checkout session that follow from the plan, the seller and the buyer's choice. */
function sessionParams(
  config: Config,
  plan: SoldPlan,
  price: Stripe.Price,
  { machines, currency, trial }: Choice,
): Stripe.Checkout.SessionCreateParams {
  const hasTrial = intervalOf(plan) !== null && plan.trial_days > 0;
  const message = [...(hasTrial ? [trialNotice(trial)] : []), sellerNotice(sellerOf(config), config.PUBLIC_URL)];
  const common = {
    ui_mode: "hosted_page",
    line_items: [{ price: price.id, quantity: machines }],
    ...(currency !== null && { currency }),
    ...(config.STRIPE_ASKS_CONSENT && { consent_collection: { terms_of_service: "required" as const } }),
    custom_text: { submit: { message: message.join(" ") } },
    allow_promotion_codes: true,
    automatic_tax: { enabled: true },
    tax_id_collection: { enabled: true },
    billing_address_collection: "auto",
  } satisfies Stripe.Checkout.SessionCreateParams;
  return intervalOf(plan) !== null
    ? {
        ...common,
        mode: "subscription",
        subscription_data: trial.offered ? { trial_period_days: plan.trial_days } : {},
      }
    : { ...common, mode: "payment", customer_creation: "always", invoice_creation: { enabled: true } };
}
