import type Stripe from "stripe";
import type { MailKind } from "../mail/mail-outbox.ts";
import { queueMail } from "../mail/mail-outbox.ts";
import type { Actor } from "../storage/ledger.ts";
import type { EventFacts } from "./event-store.ts";
import { emailOf, fulfil, type PurchaseScope } from "./fulfilment.ts";
import { licensesBehind } from "./license-link.ts";
import { syncLicense, type TouchedLicense } from "./license-sync.ts";
import { findOrder, orderMoved } from "./order-store.ts";
import { idOf } from "./stripe-client.ts";

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

/** What handling an event came to: a sentence for admins, which licenses it touched, and whether they should look at it. */
export type EventOutcome = { outcome: string; attention: boolean; licenses: TouchedLicense[] };

const ignored = (why: string): EventOutcome => ({ outcome: `ignored: ${why}`, attention: false, licenses: [] });

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
      return ofSession(scope, object_id, actor);
    case "checkout.session.async_payment_failed":
      return delayedPaymentFailed(scope, object_id, actor);
    case "customer.subscription.created":
    case "customer.subscription.updated":
    case "customer.subscription.deleted":
    case "customer.subscription.paused":
    case "customer.subscription.resumed":
      return ofSubscription(scope, object_id, actor);
    case "customer.subscription.trial_will_end":
      return trialWillEnd(scope, object_id, id, actor);
    case "invoice.paid":
      return ofInvoice(scope, object_id, actor);
    case "invoice.payment_failed":
      return ofInvoice(scope, object_id, actor, "payment_failed");
    case "invoice.payment_action_required":
      return ofInvoice(scope, object_id, actor, "payment_action_required");
    case "charge.refunded":
      return ofCharge(scope, object_id, actor);
    case "refund.created":
    case "refund.updated":
    case "refund.failed":
      return ofCharge(scope, idOf((await scope.stripe.refunds.retrieve(object_id)).charge), actor);
    case "charge.dispute.created":
    case "charge.dispute.updated":
    case "charge.dispute.closed":
    case "charge.dispute.funds_withdrawn":
    case "charge.dispute.funds_reinstated":
      return ofCharge(scope, idOf((await scope.stripe.disputes.retrieve(object_id)).charge), actor);
    case "customer.deleted":
      return syncAll(scope, await licensesBehind(scope.db, "stripe_customer_id", object_id), actor);
  }
}

async function ofSession(scope: PurchaseScope, sessionId: string, actor: Actor): Promise<EventOutcome> {
  const result = await fulfil(scope, sessionId, actor);
  if (result.status === "foreign") return { outcome: result.reason, attention: true, licenses: [] };
  if (result.status !== "complete") return { outcome: `order ${result.status}`, attention: false, licenses: [] };
  return outcomeOf([result], result.attention);
}

async function delayedPaymentFailed(scope: PurchaseScope, sessionId: string, actor: Actor): Promise<EventOutcome> {
  const session = await scope.stripe.checkout.sessions.retrieve(sessionId);
  if (session.payment_status === "paid") return ofSession(scope, sessionId, actor);
  const order = await findOrder(scope.db, sessionId);
  const to = session.customer_details?.email;
  if (!order || !to) return ignored("a session that did not begin here");
  await scope.db.batch([
    orderMoved(scope.db, sessionId, "failed"),
    queueMail(scope.db, {
      licenseId: null,
      kind: "payment_not_completed",
      occasion: sessionId,
      to: to.toLowerCase(),
      data: { plan: order.plan },
      now: actor.now,
    }),
  ]);
  return { outcome: "order failed", attention: false, licenses: [] };
}

async function ofSubscription(
  scope: PurchaseScope,
  subscriptionId: string,
  actor: Actor,
  mail?: { kind: MailKind; occasion: string },
): Promise<EventOutcome> {
  let licenses = await licensesBehind(scope.db, "stripe_subscription_id", subscriptionId);
  const changed: TouchedLicense[] = [];
  if (licenses.length === 0) {
    // The event may be ahead of its checkout's own: then this is the first we hear of the purchase.
    const first = await ofSessions(scope, { subscription: subscriptionId }, actor);
    if (first.licenses.length === 0) return first;
    changed.push(...first.licenses);
    licenses = first.licenses.map(({ licenseId }) => licenseId);
  }
  for (const licenseId of mail ? licenses : []) {
    const to = await emailOf(scope.db, licenseId);
    if (to && mail) await queueMail(scope.db, { licenseId, ...mail, to, data: {}, now: actor.now }).run();
  }
  const synced = await syncAll(scope, licenses, actor);
  return { ...synced, licenses: [...changed, ...synced.licenses] };
}

/** A trial's end is worth a mail only while it is still to come and to be paid for. */
async function trialWillEnd(scope: PurchaseScope, subscriptionId: string, eventId: string, actor: Actor) {
  const { status, cancel_at, cancel_at_period_end } = await scope.stripe.subscriptions.retrieve(subscriptionId);
  const goesOn = status === "trialing" && cancel_at === null && !cancel_at_period_end;
  return ofSubscription(scope, subscriptionId, actor, goesOn ? { kind: "trial_ending", occasion: eventId } : undefined);
}

async function ofInvoice(
  scope: PurchaseScope,
  invoiceId: string,
  actor: Actor,
  kind?: MailKind,
): Promise<EventOutcome> {
  const invoice = await scope.stripe.invoices.retrieve(invoiceId);
  const subscriptionId = subscriptionOf(invoice);
  if (subscriptionId === null) return ignored("an invoice without subscription");
  // An invoice that has been paid in the meantime is nothing to write about.
  const mail = kind && invoice.status === "open" ? { kind, occasion: invoiceId } : undefined;
  return ofSubscription(scope, subscriptionId, actor, mail);
}

/** The subscription behind an invoice; `invoice.subscription` is gone since API version 2025-03-31. */
const subscriptionOf = (invoice: Stripe.Invoice): string | null =>
  idOf(invoice.parent?.subscription_details?.subscription);

async function ofCharge(scope: PurchaseScope, chargeId: string | null, actor: Actor): Promise<EventOutcome> {
  const charge = chargeId === null ? null : await scope.stripe.charges.retrieve(chargeId);
  const paymentIntentId = idOf(charge?.payment_intent);
  if (charge === null || paymentIntentId === null) return ignored("a charge without payment intent");
  const bought = await licensesBehind(scope.db, "stripe_payment_intent_id", paymentIntentId);
  if (bought.length > 0) return syncAll(scope, bought, actor, charge.id);
  const payments = await scope.stripe.invoicePayments.list({
    payment: { type: "payment_intent", payment_intent: paymentIntentId },
    expand: ["data.invoice"],
  });
  for (const { invoice } of payments.data) {
    if (typeof invoice === "string" || invoice.deleted) continue;
    const subscriptionId = subscriptionOf(invoice);
    if (subscriptionId === null) continue;
    const renewed = await licensesBehind(scope.db, "stripe_subscription_id", subscriptionId);
    if (renewed.length > 0) return syncAll(scope, renewed, actor, charge.id);
    const first = await ofSessions(scope, { subscription: subscriptionId }, actor);
    if (first.licenses.length === 0) return first;
    const ids = first.licenses.map(({ licenseId }) => licenseId);
    const again = await syncAll(scope, ids, actor, charge.id);
    return { ...again, licenses: [...first.licenses, ...again.licenses] };
  }
  return ofSessions(scope, { payment_intent: paymentIntentId }, actor);
}

/** Fulfils the checkout sessions behind a subscription or payment that no license is known for. */
async function ofSessions(
  scope: PurchaseScope,
  behind: { subscription: string } | { payment_intent: string },
  actor: Actor,
): Promise<EventOutcome> {
  const sessions = await scope.stripe.checkout.sessions.list({ ...behind, limit: 10 });
  const [session] = sessions.data;
  return session ? ofSession(scope, session.id, actor) : ignored("nothing that was sold here");
}

async function syncAll(
  { db, stripe, graceDays }: PurchaseScope,
  licenseIds: string[],
  actor: Actor,
  chargeId: string | null = null,
): Promise<EventOutcome> {
  const licenses: TouchedLicense[] = [];
  let attention: string | null = null;
  for (const licenseId of licenseIds) {
    const synced = await syncLicense(db, stripe, licenseId, graceDays, actor, chargeId);
    licenses.push(synced);
    attention = synced.attention ?? attention;
  }
  return outcomeOf(licenses, attention);
}

const outcomeOf = (licenses: TouchedLicense[], attention: string | null): EventOutcome => ({
  outcome: attention ?? (licenses.map(({ licenseId }) => licenseId).join(" ") || "no license"),
  attention: attention !== null,
  licenses,
});
