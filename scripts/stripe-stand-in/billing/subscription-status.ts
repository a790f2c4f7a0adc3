import type Stripe from "stripe";
import { emit, type StandIn } from "../stand-in.ts";
import { snapshot } from "../state.ts";

/**
 * Changes a subscription and emits `customer.subscription.updated` with the earlier values of the changed attributes.
 * Emits nothing if no attribute changed.
 */
export function changeSubscription(
  standIn: StandIn,
  subscription: Stripe.Subscription,
  change: (subscription: Stripe.Subscription) => void,
): void {
  const before = snapshot(subscription);
  change(subscription);
  const previous = difference(before, subscription);
  if (Object.keys(previous).length > 0) emit(standIn, "customer.subscription.updated", subscription, previous);
}

/** The attributes of `before` with another value in `after`. */
export const difference = (before: object, after: object): object =>
  Object.fromEntries(
    Object.entries(before).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(Reflect.get(after, name)),
    ),
  );

/** Makes a late or incomplete subscription active after a paid invoice. */
export function afterInvoicePaid(standIn: StandIn, subscription: Stripe.Subscription): void {
  if (!["incomplete", "past_due", "unpaid"].includes(subscription.status)) return;
  changeSubscription(standIn, subscription, (each) => {
    each.status = "active";
  });
}

/**
 * Makes a subscription past due after a failed payment. After the last attempt it ends, or becomes unpaid by the
 * account's setting.
 */
export function afterInvoiceFailed(standIn: StandIn, subscription: Stripe.Subscription, invoice: Stripe.Invoice): void {
  if (subscription.status === "canceled") return;
  const last = invoice.next_payment_attempt === null;
  if (!last || invoice.billing_reason === "subscription_create") {
    changeSubscription(standIn, subscription, (each) => {
      each.status = "past_due";
    });
    return;
  }
  if (standIn.state.after_last_retry === "cancel") {
    endSubscription(standIn, subscription, "payment_failed");
    return;
  }
  changeSubscription(standIn, subscription, (each) => {
    each.status = "unpaid";
  });
}

/** Ends a subscription now and emits `customer.subscription.deleted`. */
export function endSubscription(
  standIn: StandIn,
  subscription: Stripe.Subscription,
  reason: "cancellation_requested" | "payment_failed",
): void {
  const now = standIn.now();
  subscription.status = "canceled";
  subscription.ended_at = now;
  subscription.canceled_at ??= now;
  subscription.cancel_at_period_end = false;
  subscription.cancellation_details = { comment: null, feedback: null, feedback_option: null, reason };
  emit(standIn, "customer.subscription.deleted", subscription);
}
