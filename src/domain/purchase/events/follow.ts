import type Stripe from "stripe";
import type { Actor } from "../../../platform/storage/ledger.ts";
import { type MailKind, queueMail, queueMailToStranger } from "../../../platform/storage/mail-outbox.ts";
import { isInForce, phaseOf } from "../../licensing/license/phase.ts";
import { readLicense } from "../../licensing/license/store.ts";
import { fulfil } from "../checkout/fulfilment.ts";
import { heldOutcome } from "../checkout/hold.ts";
import { findOrder, orderMoved } from "../checkout/order.ts";
import { paymentIntentsOf } from "../observation.ts";
import { idOf } from "../stripe.ts";
import { licensesBehind, type PurchaseScope, syncLicense, type TouchedLicense } from "../sync.ts";
import type { StoredEvent } from "./store.ts";

type Mail = { kind: MailKind; occasion: string };

/**
 * Makes the licenses of a subscription follow its current state. `mail` is a mail to their owners, `chargeId` the
 * charge of the subscription that the event is about. Throws the errors of Stripe and D1.
 */
export async function followSubscription(
  scope: PurchaseScope,
  subscriptionId: string,
  actor: Actor,
  { mail, chargeId = null }: { mail?: Mail | undefined; chargeId?: string | null } = {},
): Promise<EventOutcome> {
  const known = await licensesBehind(scope.db, "stripe_subscription_id", subscriptionId);
  // The event may arrive before the event of its checkout. Then it is the first sign of the purchase.
  const first = known.length === 0 ? await fulfilSessionBehind(scope, { subscription: subscriptionId }, actor) : null;
  if (first?.licenses.length === 0) return first;
  const bought = first?.licenses ?? [];
  const licenseIds = [...known, ...bought.map(({ licenseId }) => licenseId)];
  const synced = await syncAll(scope, licenseIds, actor, chargeId);
  if (mail) await mailOwners(scope.db, licenseIds, mail, actor);
  return { ...synced, licenses: [...bought, ...synced.licenses] };
}

/** Mails the owners, except those whose license has just become due: that mail says what to do, too. */
async function mailOwners(db: D1Database, licenseIds: readonly string[], mail: Mail, { now }: Actor): Promise<void> {
  for (const licenseId of licenseIds) {
    const license = await readLicense(db, licenseId);
    if (license === null || !isInForce(phaseOf(license, now)) || phaseOf(license, now) === "due") continue;
    await queueMail(db, { licenseId, ...mail, to: license.email, data: {}, now }).run();
  }
}

/** Makes the licenses of an invoice's subscription or purchase follow it. `kind`: a mail to owners while it is open. */
export async function followInvoice(
  scope: PurchaseScope,
  invoiceId: string,
  actor: Actor,
  kind?: MailKind,
): Promise<EventOutcome> {
  const invoice = await scope.stripe.invoices.retrieve(invoiceId, { expand: ["payments"] });
  const subscriptionId = subscriptionOf(invoice);
  if (subscriptionId === null) return followPurchase(scope, invoice, actor);
  // No mail about an invoice that was paid in the meantime.
  const mail = kind && invoice.status === "open" ? { kind, occasion: invoiceId } : undefined;
  return followSubscription(scope, subscriptionId, actor, { mail });
}

/** Makes the licenses of a one-time purchase follow its invoice. */
async function followPurchase(scope: PurchaseScope, invoice: Stripe.Invoice, actor: Actor): Promise<EventOutcome> {
  const bought = await Promise.all(
    paymentIntentsOf(invoice).map((id) => licensesBehind(scope.db, "stripe_payment_intent_id", id)),
  );
  const licenseIds = bought.flat();
  return licenseIds.length > 0 ? syncAll(scope, licenseIds, actor) : ignored("an invoice of no license");
}

/** The subscription of an invoice, or null. `invoice.subscription` is gone since API version 2025-03-31. */
export const subscriptionOf = (invoice: Stripe.Invoice): string | null =>
  idOf(invoice.parent?.subscription_details?.subscription);

/** Fulfils a checkout session in its current state. Throws the errors of Stripe and D1. */
export async function fulfilSession(scope: PurchaseScope, sessionId: string, actor: Actor): Promise<EventOutcome> {
  const result = await fulfil(scope, sessionId, actor);
  if (result.status === "foreign") return ignored(`a sale of another product (${result.reason})`);
  if (result.status === "held") {
    return { outcome: heldOutcome(result.order.id, result.reason), attention: true, licenses: [] };
  }
  if (result.status !== "complete") return { outcome: `order ${result.status}`, attention: false, licenses: [] };
  return outcomeOf([result], result.attention);
}

/** Fulfils the session of a subscription or payment without a license. Throws the errors of Stripe and D1. */
async function fulfilSessionBehind(
  scope: PurchaseScope,
  behind: { subscription: string } | { payment_intent: string },
  actor: Actor,
): Promise<EventOutcome> {
  const sessions = await scope.stripe.checkout.sessions.list({ ...behind, limit: 10 });
  const [session] = sessions.data;
  return session ? fulfilSession(scope, session.id, actor) : ignored("nothing that was sold here");
}

/**
 * Mails the buyer that a delayed payment failed, unless it was paid since. Nobody has proved to own the buyer's
 * address. Throws the errors of Stripe and D1.
 */
export async function delayedPaymentFailed(
  scope: PurchaseScope,
  sessionId: string,
  actor: Actor,
): Promise<EventOutcome> {
  const session = await scope.stripe.checkout.sessions.retrieve(sessionId);
  if (session.payment_status === "paid") return fulfilSession(scope, sessionId, actor);
  const order = await findOrder(scope.db, sessionId);
  const to = session.customer_details?.email;
  if (!order || !to) return ignored("a session that did not begin here");
  await scope.db.batch([
    orderMoved(scope.db, sessionId, "failed"),
    queueMailToStranger(scope.db, {
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

/** Makes the licenses of a charge follow its refunds and disputes. Throws the errors of Stripe and D1. */
export async function followCharge(scope: PurchaseScope, chargeId: string | null, actor: Actor): Promise<EventOutcome> {
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
    const subscriptionId = typeof invoice === "string" || invoice.deleted ? null : subscriptionOf(invoice);
    if (subscriptionId !== null) return followSubscription(scope, subscriptionId, actor, { chargeId: charge.id });
  }
  return fulfilSessionBehind(scope, { payment_intent: paymentIntentId }, actor);
}

/** The outcome of an event: a sentence for admins, the licenses it touched, and whether an admin should look at it. */
export type EventOutcome = { outcome: string; attention: boolean; licenses: TouchedLicense[] };

/** The outcome of an event that concerns no license. */
export const ignored = (why: string): EventOutcome => ({
  outcome: `ignored: ${why}`,
  attention: false,
  licenses: [],
});

/** Whether a handled event was ignored. */
export const isIgnored = ({ outcome }: Pick<StoredEvent, "outcome">): boolean =>
  outcome?.startsWith("ignored: ") === true;

/** The outcome of an event about these licenses. `attention` is a message for admins, or null. */
export const outcomeOf = (licenses: TouchedLicense[], attention: string | null): EventOutcome => ({
  outcome: attention ?? (licenses.map(({ licenseId }) => licenseId).join(" ") || "no license"),
  attention: attention !== null,
  licenses,
});

/** Syncs licenses one after another; `chargeId` as in `syncLicense`. Throws the errors of Stripe and D1. */
export async function syncAll(
  scope: PurchaseScope,
  licenseIds: readonly string[],
  actor: Actor,
  chargeId: string | null = null,
): Promise<EventOutcome> {
  const licenses: TouchedLicense[] = [];
  let attention: string | null = null;
  for (const licenseId of licenseIds) {
    const synced = await syncLicense(scope, licenseId, actor, chargeId);
    licenses.push(synced);
    attention = synced.attention ?? attention;
  }
  return outcomeOf(licenses, attention);
}
