import type Stripe from "stripe";
import { DAY, type UnixSeconds } from "../../lib/time.ts";
import type { LicenseFacts } from "../licensing/license/status.ts";
import { planOfPrice, type SoldPlanId } from "../licensing/plans.ts";
import { idOf } from "./stripe.ts";

/** What a subscription says of its license. `plan` and `machine_limit` are null where its price is not one of ours. */
export type SubscriptionFacts = Pick<LicenseFacts, "subscription_state" | "expires_at" | "grace_seconds"> & {
  plan: SoldPlanId | null;
  machine_limit: number | null;
  /** A price that no plan has: told to admins, and no reason to change what was sold. */
  unknown_price: string | null;
};

/**
 * The facts of a subscription as Stripe has it now. `graceDays`: how long a license goes on after what was paid for;
 * `unpaidSince`: when the oldest invoice that is still open was made, null if there is none.
 * Periods stand on the item since API version 2025-03-31. A renewal that fails has moved the period on already, and an invoice
 * in mid-period leaves it: so the grace of a license that is past due begins with its oldest open invoice. One that ends
 * with its period gets no grace after it.
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
  const common = {
    plan,
    machine_limit: plan === null ? null : (item?.quantity ?? null),
    unknown_price: plan === null ? (idOf(item?.price) ?? "none") : null,
  };
  switch (subscription.status) {
    case "trialing":
    case "active":
      return {
        ...common,
        subscription_state: "active",
        expires_at: paidUntil,
        grace_seconds: ends ? 0 : graceDays * DAY,
      };
    case "past_due":
      return {
        ...common,
        subscription_state: "past_due",
        expires_at: unpaidSince ?? item?.current_period_start ?? paidUntil,
        grace_seconds: graceDays * DAY,
      };
    case "canceled":
    case "incomplete_expired":
      return {
        ...common,
        subscription_state: "ended",
        expires_at: subscription.ended_at ?? paidUntil,
        grace_seconds: 0,
      };
    default:
      // unpaid, paused, incomplete, and whatever Stripe adds: nothing is paid for, and it may be again.
      return { ...common, subscription_state: "suspended", expires_at: paidUntil, grace_seconds: 0 };
  }
}
