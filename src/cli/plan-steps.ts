import type Stripe from "stripe";
import type { SoldPlanId } from "../domain/licensing/plans.ts";
import { priceOf, productOf } from "../domain/purchase/offer.ts";
import { idOf } from "../domain/purchase/stripe.ts";

/** The objects of one plan at Stripe. */
export type PlanAtStripe = {
  product: Stripe.Product | null;
  /** The price with the plan's lookup key, active or not. */
  price: Stripe.Price | null;
  /** Active former prices of the plan. An interrupted replacement leaves one. */
  outdated: Stripe.Price[];
};

/** One change at Stripe. `id` is the existing object to change. */
export type PlanStep =
  | { action: "create_product"; params: Stripe.ProductCreateParams }
  | { action: "update_product"; id: string; params: Stripe.ProductUpdateParams }
  | { action: "create_price"; params: Stripe.PriceCreateParams }
  | { action: "update_price"; id: string; params: Stripe.PriceUpdateParams }
  | { action: "archive_price"; id: string };

/**
 * Returns the changes that make Stripe's objects equal to the plan's offer; none if they are equal. Stripe cannot
 * change a price: one that differs is replaced, and its lookup key moves to the new one. Running subscriptions keep the
 * old price.
 */
export function planSteps(plan: SoldPlanId, { product, price, outdated }: PlanAtStripe): PlanStep[] {
  const archive = (old: Stripe.Price): PlanStep => ({ action: "archive_price", id: old.id });
  return [...productSteps(plan, product), ...priceSteps(plan, price), ...outdated.map(archive)];
}

function productSteps(plan: SoldPlanId, product: Stripe.Product | null): PlanStep[] {
  const { id, ...wanted } = productOf(plan);
  if (product === null) return [{ action: "create_product", params: { id, ...wanted } }];
  const params = {
    ...(product.name === wanted.name ? {} : { name: wanted.name }),
    ...(product.description === wanted.description ? {} : { description: wanted.description }),
    ...updates(product, wanted),
  };
  return Object.keys(params).length === 0 ? [] : [{ action: "update_product", id, params }];
}

function priceSteps(plan: SoldPlanId, price: Stripe.Price | null): PlanStep[] {
  const wanted = priceOf(plan);
  if (price === null) return [{ action: "create_price", params: wanted }];
  if (!isSold(price, wanted)) {
    const replaced: PlanStep = { action: "create_price", params: { ...wanted, transfer_lookup_key: true } };
    return price.active ? [replaced, { action: "archive_price", id: price.id }] : [replaced];
  }
  const params = { ...updates(price, wanted), ...addedCurrencies(price, wanted) };
  return Object.keys(params).length === 0 ? [] : [{ action: "update_price", id: price.id, params }];
}

/** The changes to the fields that a product and a price share and Stripe can change. */
const updates = (
  { active, metadata }: Pick<Stripe.Price, "active" | "metadata">,
  wanted: { metadata: { rbee_plan: string } },
): { active?: true; metadata?: Stripe.MetadataParam } => ({
  ...(active ? {} : { active: true }),
  ...(metadata["rbee_plan"] === wanted.metadata.rbee_plan ? {} : { metadata: wanted.metadata }),
});

type WantedPrice = ReturnType<typeof priceOf>;

/** The currencies that a price lacks. Stripe adds them to a price that is in use. */
function addedCurrencies({ currency_options: present }: Stripe.Price, { currency_options: wanted }: WantedPrice) {
  const missing = Object.entries(wanted).filter(([currency]) => present?.[currency] === undefined);
  return missing.length === 0 ? {} : { currency_options: Object.fromEntries(missing) };
}

/** Whether a price has other amounts in the wanted currencies. A currency that it lacks is none. */
const isOtherwisePriced = ({ currency_options: present }: Stripe.Price, { currency_options: wanted }: WantedPrice) =>
  Object.entries(wanted).some(([currency, { unit_amount, tax_behavior }]) => {
    const option = present?.[currency];
    return option !== undefined && (option.unit_amount !== unit_amount || option.tax_behavior !== tax_behavior);
  });

/** Whether a price equals the wanted one in every field that Stripe cannot change. */
function isSold(price: Stripe.Price, wanted: WantedPrice): boolean {
  const { recurring, transform_quantity: packages } = price;
  const interval = "recurring" in wanted ? wanted.recurring.interval : undefined;
  return (
    idOf(price.product) === wanted.product &&
    price.currency === wanted.currency &&
    price.unit_amount === wanted.unit_amount &&
    price.tax_behavior === wanted.tax_behavior &&
    price.billing_scheme === "per_unit" &&
    !isOtherwisePriced(price, wanted) &&
    packages?.divide_by === wanted.transform_quantity.divide_by &&
    packages.round === wanted.transform_quantity.round &&
    recurring?.interval === interval &&
    (recurring === null || (recurring.interval_count === 1 && recurring.usage_type === "licensed"))
  );
}
