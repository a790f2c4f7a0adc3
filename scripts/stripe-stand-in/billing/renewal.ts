import type Stripe from "stripe";
import type { StandIn } from "../stand-in.ts";
import { discountsOf } from "./discount.ts";
import type { InvoiceInput } from "./invoicing.ts";
import { idOf } from "./payment.ts";
import { itemLines, periodEnd } from "./subscription-start.ts";

/** Moves a subscription to its next period. A trial ends with that. */
export function beginPeriod(subscription: Stripe.Subscription): void {
  if (subscription.status === "trialing") subscription.status = "active";
  for (const item of subscription.items.data) {
    item.current_period_start = item.current_period_end;
    item.current_period_end = periodEnd(item.price, subscription.billing_cycle_anchor, item.current_period_start);
  }
}

/**
 * The invoice of a renewal: the period that has just begun, and the prorations that wait for it. `before` is the start
 * of the period that has ended, because a subscription's invoice looks back one period.
 */
export function renewal(standIn: StandIn, subscription: Stripe.Subscription, before: number): InvoiceInput {
  const [item] = subscription.items.data;
  const start = item?.current_period_start ?? standIn.now();
  const lines = itemLines(standIn, subscription, false);
  for (const waiting of standIn.state.prorations[subscription.id] ?? []) {
    if (item)
      lines.push({ ...waiting, price: item.price, item, proration: true, period: { start: before, end: start } });
  }
  return {
    customer: idOf(subscription.customer) ?? "",
    currency: subscription.currency,
    subscription,
    billing_reason: "subscription_cycle",
    period: { start: before, end: start },
    automatic_tax: subscription.automatic_tax.enabled,
    lines,
    discounts: discountsOf(subscription),
  };
}
