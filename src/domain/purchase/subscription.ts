import type Stripe from "stripe";
import { DAY, type UnixSeconds } from "../../lib/time.ts";
import type { LicenseFacts } from "../licensing/license/record.ts";
import { planOfPrice, type SoldPlanId } from "../licensing/plans.ts";
import { blockOf, machinesPaidFor } from "./machines.ts";
import { idOf } from "./stripe.ts";

/** The facts of a subscription for its license. `plan` and `machine_limit` are null if its price is not one of ours. */
export type SubscriptionFacts = Pick<LicenseFacts, "subscription_state" | "expires_at" | "grace_seconds"> & {
  plan: SoldPlanId | null;
  machine_limit: number | null;
  /** A price that no plan has. Admins are told of it, and the license keeps its grant. */
  unknown_price: string | null;
};

/**
 * The facts of a subscription in its current state. `graceDays` is how long a license continues after its paid time;
 * `unpaidSince` is the date of its oldest open invoice, or null. Periods are on the item since API version 2025-03-31.
 * A failed renewal has already moved the period on, and a failed invoice in mid-period has not. So the grace of a
 * past-due license begins with its oldest open invoice. A subscription that ends with its period gets no grace.
 */
export function subscriptionFacts(
  subscription: Stripe.Subscription,
  graceDays: number,
  unpaidSince: UnixSeconds | null,
): SubscriptionFacts {
  const items = subscription.items.data;
  const item = items.find(({ price }) => planOfPrice(price) !== null) ?? items[0];
  const plan = item ? planOfPrice(item.price) : null;
  const periodEnd = item?.current_period_end ?? subscription.ended_at;
  const { cancel_at } = subscription;
  const endsEarly = cancel_at !== null && (periodEnd === null || cancel_at <= periodEnd);
  const ends = subscription.cancel_at_period_end || endsEarly;
  const paidUntil = endsEarly ? cancel_at : periodEnd;
  const facts = (
    subscription_state: SubscriptionFacts["subscription_state"],
    expires_at: UnixSeconds | null,
    grace_seconds = 0,
  ): SubscriptionFacts => ({
    plan,
    machine_limit: plan === null || !item ? null : machinesPaidFor(item.quantity ?? 1, blockOf(item.price)),
    unknown_price: plan === null ? (idOf(item?.price) ?? "none") : null,
    subscription_state,
    expires_at,
    grace_seconds,
  });
  switch (subscription.status) {
    case "trialing":
    case "active":
      return facts("active", paidUntil, ends ? 0 : graceDays * DAY);
    case "past_due":
      return facts("past_due", unpaidSince ?? item?.current_period_start ?? paidUntil, graceDays * DAY);
    case "canceled":
    case "incomplete_expired":
      return facts("ended", subscription.ended_at ?? paidUntil);
    default:
      // unpaid, paused, incomplete, and any state that Stripe adds: it is not paid for now, but may be again.
      return facts("suspended", paidUntil);
  }
}
