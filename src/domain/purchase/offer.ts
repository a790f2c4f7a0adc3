import type Stripe from "stripe";
import { plans, type SoldPlanId } from "../licensing/plans.ts";

/**
 * What `plans sync` asks for each plan on sale: `amount` in the currency's smallest unit. What is charged, and what
 * `GET /v1/plans` shows, is always the price that Stripe has.
 */
const OFFERS: Readonly<Record<SoldPlanId, { amount: number; currency: string; interval: "month" | null }>> = {
  "premium-monthly": { amount: 9_900, currency: "usd", interval: "month" },
  "premium-lifetime": { amount: 27_900, currency: "eur", interval: null },
};

/** What a plan's product at Stripe is to be. Its id is made from the plan's, so that making it twice cannot make two. */
export function productOf(id: SoldPlanId) {
  const { name, description } = plans[id];
  return { id: `rbee_${id}`, name, description, metadata: { rbee_plan: id } } satisfies Stripe.ProductCreateParams;
}

/**
 * What a plan's price at Stripe is to be: one amount for every `machine_limit` machines begun. The metadata says which plan it
 * belongs to after a newer price has taken its lookup key over.
 */
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
