import type Stripe from "stripe";
import { amountOf } from "../objects/catalog.ts";
import type { NewLine } from "../objects/invoice.ts";
import { newSubscription } from "../objects/subscription.ts";
import { emit, type StandIn } from "../stand-in.ts";
import { discountsOf } from "./discount.ts";
import { collectInvoice, draftInvoice, finalizeInvoice } from "./invoicing.ts";
import { idOf, type Outcome } from "./payment.ts";
import { changeSubscription } from "./subscription-status.ts";

const DAY = 86_400;

/**
 * The end of the billing period that contains `at` (seconds) or begins there. It is the first multiple of the price's
 * interval after the anchor and later than `at`. A month ends on the anchor's day, or on its last day if it is shorter.
 */
export function periodEnd(price: Stripe.Price, anchor: number, at: number): number {
  const { interval, interval_count: count } = price.recurring ?? { interval: "month", interval_count: 1 };
  if (interval === "day" || interval === "week") {
    const length = count * DAY * (interval === "week" ? 7 : 1);
    return anchor + (Math.floor((at - anchor) / length) + 1) * length;
  }
  const months = count * (interval === "year" ? 12 : 1);
  for (let step = 1; ; step += 1) {
    const end = addMonths(anchor, step * months);
    if (end > at) return end;
  }
}

function addMonths(seconds: number, months: number): number {
  const date = new Date(seconds * 1000);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, lastDay));
  return Math.floor(date.getTime() / 1000);
}

export type SubscriptionInput = {
  customer: string;
  currency: string;
  lines: { price: Stripe.Price; quantity: number }[];
  trial_days: number | null;
  metadata: Stripe.Metadata;
  description: string | null;
  discounts: string[];
  automatic_tax: boolean;
  /** The payment method for its invoices. Null for a trial that asked for none. */
  payment_method: string | null;
  /** The fate of a trial that ends without a payment method: `create_invoice`, `pause` or `cancel`. */
  missing_payment_method: string;
};

/**
 * Starts a subscription with its first invoice, which is over zero for a trial. With a delayed payment the subscription
 * is active and the invoice open, like at Stripe for bank debits.
 */
export function startSubscription(standIn: StandIn, input: SubscriptionInput, outcome: Outcome): Stripe.Subscription {
  const created = standIn.now();
  const trial = input.trial_days !== null && input.trial_days > 0;
  const [first] = input.lines;
  const firstEnd = first ? periodEnd(first.price, created, created) : created;
  const subscription = newSubscription({
    ...input,
    created,
    trial,
    period_end: trial ? created + (input.trial_days ?? 0) * DAY : firstEnd,
    status: trial ? "trialing" : "incomplete",
  });
  for (const id of subscription.discounts) {
    const discount = standIn.state.discounts[idOf(id) ?? ""];
    if (discount) discount.subscription = subscription.id;
  }
  standIn.state.subscriptions[subscription.id] = subscription;
  if (input.payment_method === null) standIn.state.cardless_customers.push(input.customer);
  emit(standIn, "customer.subscription.created", subscription);
  const invoice = draftInvoice(standIn, {
    customer: input.customer,
    currency: input.currency,
    subscription,
    billing_reason: "subscription_create",
    period: { start: created, end: created },
    lines: itemLines(standIn, subscription, trial),
    automatic_tax: subscription.automatic_tax.enabled,
    discounts: discountsOf(subscription),
  });
  finalizeInvoice(standIn, invoice);
  collectInvoice(standIn, invoice, outcome);
  if (outcome === "processing" && subscription.status === "incomplete") {
    changeSubscription(standIn, subscription, (each) => {
      each.status = "active";
    });
  }
  return subscription;
}

/** The invoice lines for one period of the subscription. During a trial their amounts are zero. */
export const itemLines = (standIn: StandIn, subscription: Stripe.Subscription, trial: boolean): NewLine[] =>
  subscription.items.data.map((item) => {
    const product = standIn.state.products[idOf(item.price.product) ?? ""];
    const quantity = item.quantity ?? 1;
    return {
      amount: trial ? 0 : amountOf(standIn, item.price, quantity, subscription.currency),
      description: trial ? `Trial period for ${product?.name}` : `${quantity} × ${product?.name}`,
      price: item.price,
      quantity,
      item,
      proration: false,
      period: { start: item.current_period_start, end: item.current_period_end },
    };
  });
