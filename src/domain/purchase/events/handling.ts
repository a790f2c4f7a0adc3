import type { Actor } from "../../../platform/storage/ledger.ts";
import type { PurchaseScope } from "../checkout/fulfilment.ts";
import { licensesBehind } from "../license-link.ts";
import { idOf } from "../stripe.ts";
import {
  delayedPaymentFailed,
  followCharge,
  followInvoice,
  followSubscription,
  fulfilSession,
  trialWillEnd,
} from "./follow.ts";
import { type EventOutcome, ignored, syncAll } from "./outcome.ts";
import type { EventFacts } from "./store.ts";

/** The types that this service acts upon: what a webhook endpoint is to be sent, and what reconciliation asks for. */
export const EVENT_TYPES = [
  "checkout.session.completed",
  "checkout.session.async_payment_succeeded",
  "checkout.session.async_payment_failed",
  "checkout.session.expired",
  "customer.subscription.created",
  "customer.subscription.updated",
  "customer.subscription.deleted",
  "customer.subscription.paused",
  "customer.subscription.resumed",
  "customer.subscription.trial_will_end",
  "invoice.paid",
  "invoice.payment_failed",
  "invoice.payment_action_required",
  "charge.refunded",
  "refund.created",
  "refund.updated",
  "refund.failed",
  "charge.dispute.created",
  "charge.dispute.updated",
  "charge.dispute.closed",
  "charge.dispute.funds_withdrawn",
  "charge.dispute.funds_reinstated",
  "customer.deleted",
] as const;
type EventType = (typeof EVENT_TYPES)[number];

const isOurs = (type: string): type is EventType => EVENT_TYPES.some((ours) => ours === type);

/**
 * Acts upon an event by fetching again what it is about, so that order and repetition do not matter. Throws what Stripe or D1
 * throw: the event then stays unhandled and is tried again.
 */
export async function handleEvent(scope: PurchaseScope, event: EventFacts, actor: Actor): Promise<EventOutcome> {
  const { id, type, object_id } = event;
  if (!isOurs(type) || object_id === null) return ignored("not a kind that licenses depend on");
  switch (type) {
    case "checkout.session.completed":
    case "checkout.session.async_payment_succeeded":
    case "checkout.session.expired":
      return fulfilSession(scope, object_id, actor);
    case "checkout.session.async_payment_failed":
      return delayedPaymentFailed(scope, object_id, actor);
    case "customer.subscription.created":
    case "customer.subscription.updated":
    case "customer.subscription.deleted":
    case "customer.subscription.paused":
    case "customer.subscription.resumed":
      return followSubscription(scope, object_id, actor);
    case "customer.subscription.trial_will_end":
      return trialWillEnd(scope, object_id, id, actor);
    case "invoice.paid":
      return followInvoice(scope, object_id, actor);
    case "invoice.payment_failed":
      return followInvoice(scope, object_id, actor, "payment_failed");
    case "invoice.payment_action_required":
      return followInvoice(scope, object_id, actor, "payment_action_required");
    case "charge.refunded":
      return followCharge(scope, object_id, actor);
    case "refund.created":
    case "refund.updated":
    case "refund.failed":
      return followCharge(scope, idOf((await scope.stripe.refunds.retrieve(object_id)).charge), actor);
    case "charge.dispute.created":
    case "charge.dispute.updated":
    case "charge.dispute.closed":
    case "charge.dispute.funds_withdrawn":
    case "charge.dispute.funds_reinstated":
      return followCharge(scope, idOf((await scope.stripe.disputes.retrieve(object_id)).charge), actor);
    case "customer.deleted":
      return syncAll(scope, await licensesBehind(scope.db, "stripe_customer_id", object_id), actor);
  }
}
