import type Stripe from "stripe";
import { type BillingFacts, NO_BILLING } from "../licensing/license/record.ts";
import { BILLING_INTERVALS, planOfPrice } from "../licensing/plans.ts";
import type { Observation } from "./observation.ts";

/**
 * The billing of a license, for people: its trial, its scheduled end, its price and its next charge. It decides no
 * status (`subscriptionFacts` does). If Stripe did not tell the next charge, it is missing here, and the license keeps
 * the one that it has.
 */
export function billingFacts(observation: Observation): Partial<BillingFacts> {
  const { subscription, session } = observation;
  if (subscription) {
    const { next_charge_at: _at, next_charge_amount: _amount, ...nothing } = NO_BILLING;
    return { ...nothing, ...stateOf(subscription), ...priceOf(subscription), ...nextCharge(subscription, observation) };
  }
  if (!session) return NO_BILLING;
  return { ...NO_BILLING, price_amount: session.amount_subtotal, price_currency: session.currency };
}

type NextCharge = Pick<BillingFacts, "next_charge_at" | "next_charge_amount">;

/** The next attempt to collect an open invoice, or else the next invoice. */
function nextCharge(subscription: Stripe.Subscription, { invoices, next }: Observation): NextCharge | null {
  const [retry] = invoices
    .flatMap(({ status, next_payment_attempt: at, amount_remaining }) =>
      status === "open" && at !== null ? [{ at, amount_remaining }] : [],
    )
    .sort((a, b) => a.at - b.at);
  if (retry && isLive(subscription)) return { next_charge_at: retry.at, next_charge_amount: retry.amount_remaining };
  if (next instanceof Error) return null;
  const at = subscription.items.data[0]?.current_period_end ?? null;
  if (next === null || next.amount_due === 0 || at === null) return { next_charge_at: null, next_charge_amount: null };
  return { next_charge_at: at, next_charge_amount: next.amount_due };
}

/** The states in which Stripe goes on billing a subscription. */
const isLive = ({ status }: Stripe.Subscription): boolean => status !== "canceled" && status !== "incomplete_expired";

function stateOf(
  subscription: Stripe.Subscription,
): Pick<BillingFacts, "stripe_status" | "collection_paused" | "trial_ends_at" | "cancels_at"> {
  const { status, trial_end, cancel_at, cancel_at_period_end, pause_collection } = subscription;
  const isCollectionPaused = isLive(subscription) && pause_collection !== null;
  const periodEnd = subscription.items.data[0]?.current_period_end ?? null;
  return {
    stripe_status: isCollectionPaused ? "paused" : status,
    collection_paused: isCollectionPaused,
    trial_ends_at: status === "trialing" ? trial_end : null,
    cancels_at: isLive(subscription) ? (cancel_at ?? (cancel_at_period_end ? periodEnd : null)) : null,
  };
}

/** The price of a subscription in its own currency. Unknown for an interval that no plan is sold by. */
function priceOf({
  items,
  currency,
}: Stripe.Subscription): Pick<BillingFacts, "price_amount" | "price_currency" | "price_interval"> {
  const unknown = { price_amount: null, price_currency: null, price_interval: null };
  const item = items.data.find(({ price }) => planOfPrice(price) !== null) ?? items.data[0];
  const interval = BILLING_INTERVALS.find((one) => one === item?.price.recurring?.interval);
  if (!item || interval === undefined || item.price.recurring?.interval_count !== 1) return unknown;
  const { price, quantity = 1 } = item;
  const amount = price.currency === currency ? price.unit_amount : price.currency_options?.[currency]?.unit_amount;
  if (amount === null || amount === undefined) return unknown;
  return { price_amount: amount * unitsOf(price, quantity), price_currency: currency, price_interval: interval };
}

/** The number of times that a quantity costs the unit amount of its price. */
export function unitsOf({ transform_quantity }: Pick<Stripe.Price, "transform_quantity">, quantity: number): number {
  const round = transform_quantity?.round === "down" ? Math.floor : Math.ceil;
  return round(quantity / (transform_quantity?.divide_by ?? 1));
}
