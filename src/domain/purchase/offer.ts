import type Stripe from "stripe";
import { intervalOf, plans, SOLD_PLANS, type SoldPlanId } from "../licensing/plans.ts";

/**
 * The prices that `plans sync` creates, in the currency's smallest unit. All else uses Stripe's prices. `others` has
 * further currencies: every plan has an amount in one common currency, so that people can compare the plans.
 */
const OFFERS: Readonly<Record<SoldPlanId, { currency: string; amount: number; others: Record<string, number> }>> = {
  "premium-monthly": { currency: "usd", amount: 9_900, others: { eur: 8_900 } },
  "premium-lifetime": { currency: "eur", amount: 27_900, others: { usd: 29_900 } },
};

/** Prices exclude tax: Stripe adds that of the buyer's country. */
const TAX_BEHAVIOR = "exclusive";

/** A plan's product for Stripe. Its id is made from the plan's id, so that creating it twice cannot make two. */
export function productOf(id: SoldPlanId) {
  const { name, description } = plans[id];
  return { id: `rbee_${id}`, name, description, metadata: { rbee_plan: id } } satisfies Stripe.ProductCreateParams;
}

/** A plan's price for Stripe. Its metadata still names the plan after a newer price has taken the lookup key. */
export function priceOf(id: SoldPlanId) {
  const { amount, currency, others } = OFFERS[id];
  const interval = intervalOf(plans[id]);
  const options = Object.entries(others).map(
    ([other, unit_amount]) => [other, { unit_amount, tax_behavior: TAX_BEHAVIOR }] as const,
  );
  return {
    product: productOf(id).id,
    currency,
    unit_amount: amount,
    lookup_key: id,
    metadata: { rbee_plan: id },
    tax_behavior: TAX_BEHAVIOR,
    currency_options: Object.fromEntries(options),
    transform_quantity: { divide_by: plans[id].machine_limit, round: "up" },
    ...(interval === null ? {} : { recurring: { interval } }),
  } satisfies Stripe.PriceCreateParams;
}

/** The mark of our portal configuration, in its metadata. Stripe's portal sessions use it by its id. */
export const PORTAL_MARK = { rbee: "worker-catalog" } as const;

/** The ids of the prices of plans. A plan without an active price is missing. */
export type PriceIds = Readonly<Partial<Record<SoldPlanId, string>>>;

/** The ids of the active prices by plan, of those that Stripe lists by lookup key. */
export const priceIdsOf = (prices: readonly Pick<Stripe.Price, "id" | "active" | "lookup_key">[]): PriceIds =>
  Object.fromEntries(
    SOLD_PLANS.flatMap((plan) => {
      const price = prices.find(({ active, lookup_key }) => active && lookup_key === plan);
      return price ? [[plan, price.id]] : [];
    }),
  );

/** Whether a portal configuration is the one of this service. */
export const isOurPortal = ({ metadata }: Pick<Stripe.BillingPortal.Configuration, "metadata">): boolean =>
  metadata?.["rbee"] === PORTAL_MARK.rbee;

/**
 * The billing portal's configuration for Stripe. `prices` are the ids of the plans' prices. The number of machines can
 * change, within the limits of a checkout. The customer's address cannot: a license with a new address needs a new key,
 * so an admin amends it.
 */
export function portalOf(prices: PriceIds) {
  const subscriptions = SOLD_PLANS.filter((id) => intervalOf(plans[id]) !== null);
  return {
    name: "rbee worker catalog",
    metadata: PORTAL_MARK,
    features: {
      customer_update: { enabled: false },
      invoice_history: { enabled: true },
      payment_method_update: { enabled: true },
      subscription_cancel: { enabled: true, mode: "at_period_end", proration_behavior: "none" },
      subscription_update: {
        enabled: true,
        default_allowed_updates: ["quantity"],
        proration_behavior: "always_invoice",
        trial_update_behavior: "continue_trial",
        products: subscriptions.map((id) => ({
          product: productOf(id).id,
          prices: prices[id] === undefined ? [] : [prices[id]],
          adjustable_quantity: { enabled: true, minimum: 1, maximum: MOST_MACHINES },
        })),
      },
    },
  } satisfies Stripe.BillingPortal.ConfigurationCreateParams;
}

/** The most machines that one checkout sells. Larger customers should write to us. */
export const MOST_MACHINES = 500;
