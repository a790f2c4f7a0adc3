import type { EventType } from "../../../domain/purchase/events/types.ts";

/** Every payment event that the service handles, in words for the story of a license. */
const EVENT_WORDS: Readonly<Record<EventType, string>> = {
  "checkout.session.completed": "Checkout completed",
  "checkout.session.async_payment_succeeded": "Delayed payment succeeded",
  "checkout.session.async_payment_failed": "Delayed payment failed",
  "checkout.session.expired": "Checkout expired",
  "customer.subscription.created": "Subscription started",
  "customer.subscription.updated": "Subscription changed",
  "customer.subscription.deleted": "Subscription ended",
  "customer.subscription.paused": "Subscription paused",
  "customer.subscription.resumed": "Subscription resumed",
  "customer.subscription.trial_will_end": "Trial ends soon",
  "invoice.paid": "Invoice paid",
  "invoice.payment_failed": "Payment failed",
  "invoice.payment_action_required": "Payment needs the customer",
  "invoice.voided": "Invoice voided: nothing is due for it",
  "invoice.marked_uncollectible": "Invoice written off as uncollectible",
  "credit_note.created": "Credit note issued",
  "credit_note.voided": "Credit note voided",
  "charge.refunded": "Payment refunded",
  "refund.created": "Refund started",
  "refund.updated": "Refund changed",
  "refund.failed": "Refund failed: the money came back to us",
  "charge.dispute.created": "Dispute opened",
  "charge.dispute.updated": "Dispute changed",
  "charge.dispute.closed": "Dispute closed",
  "charge.dispute.funds_withdrawn": "Disputed money taken",
  "charge.dispute.funds_reinstated": "Disputed money returned to us",
  "customer.updated": "Customer changed",
  "customer.deleted": "Customer deleted",
};

/** A type of payment event in words; one that is not handled stays as it is. */
export const eventWords = (type: string): string =>
  Object.entries(EVENT_WORDS).find(([known]) => known === type)?.[1] ?? type;
