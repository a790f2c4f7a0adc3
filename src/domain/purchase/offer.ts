import type Stripe from "stripe";
import { plans, type SoldPlanId } from "../licensing/plans.ts";

/** The prices that `plans sync` creates, in the currency's smallest unit. All else uses Stripe's prices. */
const OFFERS: Readonly<Record<SoldPlanId, { amount: number; currency: string; interval: "month" | null }>> = {
  "premium-monthly": { amount: 9_900, currency: "usd", interval: "month" },
  "premium-lifetime": { amount: 27_900, currency: "eur", interval: null },
};

/** A plan's product for Stripe. Its id is made from the plan's id, so that creating it twice cannot make two. */
export function productOf(id: SoldPlanId) {
  const { name, description } = plans[id];
  return { id: `rbee_${id}`, name, description, metadata: { rbee_plan: id } } satisfies Stripe.ProductCreateParams;
}

/** A plan's price for Stripe. Its metadata still names the plan after a newer price has taken the lookup key. */
export function priceOf(id: SoldPlanId) {
  const { amount, currency, interval } = OFFERS[id];
  return {
    product: productOf(id).id,
    currency,
    unit_amount: amount,
    lookup_key: id,
    metadata: { rbee_plan: id },
    tax_behavior: "exclusive",
    transform_quantity: { divide_by: plans[id].machine_limit, round: "up" },
    ...(interval === null ? {} : { recurring: { interval } }),
  } satisfies Stripe.PriceCreateParams;
}
