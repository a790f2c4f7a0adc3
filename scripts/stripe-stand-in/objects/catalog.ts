import Stripe from "stripe";
import { refused } from "../api-error.ts";
import { emit, type StandIn } from "../stand-in.ts";
import { newId } from "../state.ts";

export type NewProduct = {
  id?: string | undefined;
  name: string;
  description?: string | undefined;
  active?: boolean | undefined;
  metadata?: Stripe.Metadata | undefined;
  tax_code?: string | undefined;
  unit_label?: string | undefined;
  url?: string | undefined;
};

/** Creates a product and emits its event. */
export function createProduct(standIn: StandIn, input: NewProduct): Stripe.Product {
  const created = standIn.now();
  const product: Stripe.Product = {
    id: input.id ?? newId("prod", 14),
    object: "product",
    active: input.active ?? true,
    created,
    default_price: null,
    description: input.description ?? null,
    images: [],
    livemode: false,
    marketing_features: [],
    metadata: input.metadata ?? {},
    name: input.name,
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: input.tax_code ?? null,
    tax_details: null,
    type: "service",
    unit_label: input.unit_label ?? null,
    updated: created,
    url: input.url ?? null,
  };
  standIn.state.products[product.id] = product;
  emit(standIn, "product.created", product);
  return product;
}

export type NewPrice = {
  product: string;
  currency: string;
  unit_amount: number;
  active?: boolean | undefined;
  lookup_key?: string | undefined;
  transfer_lookup_key?: boolean | undefined;
  nickname?: string | undefined;
  metadata?: Stripe.Metadata | undefined;
  tax_behavior?: string | undefined;
  recurring?: { interval: string; interval_count?: number | undefined } | undefined;
  transform_quantity?: { divide_by: number; round: string } | undefined;
  currency_options?: CurrencyAmounts | undefined;
};

/** The amounts of a price in further currencies. */
export type CurrencyAmounts = Record<string, { unit_amount: number; tax_behavior?: string | undefined }>;

/**
 * Creates a price and emits its event. Throws `ApiError` if another price has its lookup key and `transfer_lookup_key`
 * is not set.
 */
export function createPrice(standIn: StandIn, input: NewPrice): Stripe.Price {
  if (input.lookup_key) takeLookupKey(standIn, input.lookup_key, input.transfer_lookup_key ?? false);
  const { recurring } = input;
  const price: Stripe.Price = {
    id: newId("price"),
    object: "price",
    active: input.active ?? true,
    billing_scheme: "per_unit",
    created: standIn.now(),
    currency: input.currency,
    custom_unit_amount: null,
    livemode: false,
    lookup_key: input.lookup_key ?? null,
    metadata: input.metadata ?? {},
    nickname: input.nickname ?? null,
    product: input.product,
    recurring: recurring
      ? {
          interval: recurring.interval,
          interval_count: recurring.interval_count ?? 1,
          meter: null,
          trial_period_days: null,
          usage_type: "licensed",
        }
      : null,
    tax_behavior: input.tax_behavior ?? "unspecified",
    tiers_mode: null,
    transform_quantity: input.transform_quantity ?? null,
    type: recurring ? "recurring" : "one_time",
    unit_amount: input.unit_amount,
    unit_amount_decimal: Stripe.Decimal.from(input.unit_amount),
  };
  standIn.state.prices[price.id] = price;
  setCurrencyOptions(standIn, price, input.currency_options ?? {});
  emit(standIn, "price.created", price);
  return price;
}

/** Takes a lookup key from its price. Throws `ApiError` if a price has it and `transfer` is false. */
export function takeLookupKey(standIn: StandIn, lookupKey: string, transfer: boolean): void {
  const owner = Object.values(standIn.state.prices).find((price) => price.lookup_key === lookupKey);
  if (!owner) return;
  if (!transfer) {
    throw refused(
      `A price (\`${owner.id}\`) already uses that lookup key (\`${lookupKey}\`). Set \`transfer_lookup_key\` to move it.`,
      "resource_already_exists",
      "lookup_key",
    );
  }
  owner.lookup_key = null;
  emit(standIn, "price.updated", owner, { lookup_key: lookupKey });
}

/**
 * Sets the amounts of a price in further currencies. Stripe shows them, and the price's own currency, only to a request
 * that expands `currency_options`. Therefore they are kept beside the price.
 */
export function setCurrencyOptions({ state }: StandIn, price: Stripe.Price, amounts: CurrencyAmounts): void {
  const own = { unit_amount: price.unit_amount ?? 0, tax_behavior: price.tax_behavior ?? undefined };
  const options = Object.entries({ ...amounts, [price.currency]: own }).map(([currency, option]) => [
    currency,
    {
      custom_unit_amount: null,
      tax_behavior: option.tax_behavior ?? "unspecified",
      unit_amount: option.unit_amount,
      unit_amount_decimal: Stripe.Decimal.from(option.unit_amount),
    } satisfies Stripe.Price.CurrencyOptions,
  ]);
  state.currency_options[price.id] = { ...state.currency_options[price.id], ...Object.fromEntries(options) };
}

/** The amount of one unit in a currency, or null if the price is not sold in it. */
function unitAmountIn({ state }: StandIn, price: Stripe.Price, currency: string): number | null {
  if (currency === price.currency) return price.unit_amount;
  return state.currency_options[price.id]?.[currency]?.unit_amount ?? null;
}

/** Throws `ApiError`, with Stripe's words, if a price is not sold in a currency. */
export function refuseOtherCurrency(standIn: StandIn, price: Stripe.Price, currency: string, param: string): void {
  if (unitAmountIn(standIn, price, currency) !== null) return;
  throw refused(
    `The price specified only supports \`${price.currency}\`. This doesn't match the expected currency: \`${currency}\`.`,
    undefined,
    param,
  );
}

/** The cost of a quantity before discounts, in the smallest unit of `currency`, in which the price is sold. */
export function amountOf(standIn: StandIn, price: Stripe.Price, quantity: number, currency: string): number {
  const transform = price.transform_quantity;
  const packages = transform ? quantity / transform.divide_by : quantity;
  const units = transform?.round === "down" ? Math.floor(packages) : Math.ceil(packages);
  return units * (unitAmountIn(standIn, price, currency) ?? 0);
}

/** A recurring price in its old form, a plan, which subscription items still have. */
export function planOf(price: Stripe.Price): Stripe.Plan {
  return {
    id: price.id,
    object: "plan",
    active: price.active,
    amount: price.unit_amount,
    amount_decimal: price.unit_amount_decimal,
    billing_scheme: price.billing_scheme,
    created: price.created,
    currency: price.currency,
    interval: price.recurring?.interval ?? "month",
    interval_count: price.recurring?.interval_count ?? 1,
    livemode: false,
    metadata: price.metadata,
    meter: null,
    nickname: price.nickname,
    product: typeof price.product === "string" ? price.product : price.product.id,
    tiers_mode: null,
    transform_usage: price.transform_quantity,
    trial_period_days: null,
    usage_type: "licensed",
  };
}
