import type Stripe from "stripe";
import { IsolateCache } from "../../lib/isolate.ts";
import { logFailure } from "../../lib/log.ts";
import { MINUTE, type UnixSeconds } from "../../lib/time.ts";
import type { Config } from "../../platform/config/config.ts";
import { inTime } from "../../platform/http/in-time.ts";
import type { RequestScope } from "../../platform/http/router.ts";
import {
  BILLING_INTERVALS,
  type BillingInterval,
  plans,
  SOLD_PLANS,
  type SoldPlan,
  type SoldPlanId,
} from "../licensing/plans.ts";
import { noteKeyRefusal } from "./key-refusal-note.ts";
import { stripeClient } from "./stripe.ts";

/** The cost of a plan at Stripe: `amount` in the currency's smallest unit, for every `machines` begun. */
export type Price = {
  amount: number;
  currency: string;
  /** The amounts in every currency that the plan is sold in, `currency` included. */
  amounts: Readonly<Record<string, number>>;
  /** Null: paid once. */
  interval: BillingInterval | null;
  machines: number;
  /** `exclusive`: tax is added to the amount. Null: Stripe's settings decide. */
  tax_behavior: (typeof TAX_BEHAVIORS)[number] | null;
};

const cache = new IsolateCache<Partial<Record<SoldPlanId, Price>>>(1);
const FRESH = 5 * MINUTE;
const FAILURE_SECONDS = 30;

/** Less than `FAILURE_SECONDS` in all, so that a failure is cached once it is known. */
const PATIENCE = { timeout: 5_000, maxNetworkRetries: 1 };

/**
 * The prices of the plans on sale, at most five minutes old. Empty when Stripe is not configured or does not answer; it
 * is then not asked for half a minute. Never throws, because a page can show a plan without its price.
 */
export async function readPrices(
  db: D1Database,
  config: Config,
  now: UnixSeconds,
): Promise<Partial<Record<SoldPlanId, Price>>> {
  const known = cache.get("prices", now);
  if (known) return known;
  if (config.STRIPE_SECRET_KEY === "") return {};
  try {
    const stripe = await stripeClient(config);
    const { data } = await stripe.prices.list(
      { lookup_keys: [...SOLD_PLANS], active: true, limit: 100, expand: ["data.currency_options"] },
      PATIENCE,
    );
    const prices: Partial<Record<SoldPlanId, Price>> = {};
    for (const price of data) {
      const id = SOLD_PLANS.find((plan) => plan === price.lookup_key);
      const known = priceIn(price);
      if (id !== undefined && known !== null) prices[id] = known;
    }
    cache.set("prices", prices, now + FRESH);
    return prices;
  } catch (error) {
    logFailure("prices.unreadable", error);
    await noteKeyRefusal(db, error, now);
    cache.set("prices", {}, now + FAILURE_SECONDS);
    return {};
  }
}

/** Whether tax is added to an amount, or part of it. */
export const TAX_BEHAVIORS = ["exclusive", "inclusive"] as const;

/** A price of Stripe's; null for one that this service cannot put into words, such as one by the week. */
function priceIn(price: Stripe.Price): Price | null {
  const { unit_amount: amount, currency, recurring, tax_behavior } = price;
  const interval = BILLING_INTERVALS.find((one) => one === recurring?.interval) ?? null;
  if (amount === null || (recurring !== null && (interval === null || recurring.interval_count !== 1))) return null;
  const others = Object.entries(price.currency_options ?? {}).flatMap(([other, option]) =>
    option.unit_amount === null ? [] : [[other, option.unit_amount] as const],
  );
  return {
    amount,
    currency,
    amounts: { ...Object.fromEntries(others), [currency]: amount },
    interval,
    machines: price.transform_quantity?.divide_by ?? 1,
    tax_behavior: TAX_BEHAVIORS.find((one) => one === tax_behavior) ?? null,
  };
}

/** A plan on sale. `price` is null while the payment provider does not answer. */
export type PlanOffer = { plan: SoldPlan; price: Price | null };

/** How long a page waits for prices. It is complete without them. */
const PATIENCE_MILLISECONDS = 1500;

/** The plans on sale for a page, with their prices if Stripe answers in time. */
export async function readPlanOffers(c: RequestScope): Promise<PlanOffer[]> {
  const prices = await inTime(c, readPrices(c.env.DB, c.var.config, c.var.now), PATIENCE_MILLISECONDS, {});
  return SOLD_PLANS.map((id) => ({ plan: plans[id], price: prices[id] ?? null }));
}
