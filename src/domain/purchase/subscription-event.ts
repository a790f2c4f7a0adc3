import type Stripe from "stripe";
import type { Actor } from "../../platform/storage/ledger.ts";
import { type MailKind, queueMail } from "../../platform/storage/mail-outbox.ts";
import { readLicense } from "../licensing/license-store.ts";
import { fulfilSessionBehind } from "./checkout-event.ts";
import { type EventOutcome, ignored, syncAll } from "./event-outcome.ts";
import type { PurchaseScope } from "./fulfilment.ts";
import { licensesBehind } from "./license-link.ts";
import { idOf } from "./stripe-client.ts";

type Mail = { kind: MailKind; occasion: string };

/**
 * Makes the licenses of a subscription follow it as it is now. `mail` is what their owners are told, `chargeId` a charge of the
 * subscription's that the event is about. Throws what Stripe or D1 throw.
 */
export async function followSubscription(
  scope: PurchaseScope,
  subscriptionId: string,
  actor: Actor,
  { mail, chargeId = null }: { mail?: Mail | undefined; chargeId?: string | null } = {},
): Promise<EventOutcome> {
  const known = await licensesBehind(scope.db, "stripe_subscription_id", subscriptionId);
  // The event may be ahead of its checkout's own: then this is the first we hear of the purchase.
  const first = known.length === 0 ? await fulfilSessionBehind(scope, { subscription: subscriptionId }, actor) : null;
  if (first?.licenses.length === 0) return first;
  const bought = first?.licenses ?? [];
  const licenseIds = [...known, ...bought.map(({ licenseId }) => licenseId)];
  if (mail) await mailOwners(scope.db, licenseIds, mail, actor);
  const synced = await syncAll(scope, licenseIds, actor, chargeId);
  return { ...synced, licenses: [...bought, ...synced.licenses] };
}

async function mailOwners(db: D1Database, licenseIds: readonly string[], mail: Mail, { now }: Actor): Promise<void> {
  for (const licenseId of licenseIds) {
    const license = await readLicense(db, licenseId);
    if (license) await queueMail(db, { licenseId, ...mail, to: license.email, data: {}, now }).run();
  }
}

/** A trial's end is worth a mail only while it is still to come and to be paid for. Throws what Stripe or D1 throw. */
export async function trialWillEnd(
  scope: PurchaseScope,
  subscriptionId: string,
  eventId: string,
  actor: Actor,
): Promise<EventOutcome> {
  const { status, cancel_at, cancel_at_period_end } = await scope.stripe.subscriptions.retrieve(subscriptionId);
  const goesOn = status === "trialing" && cancel_at === null && !cancel_at_period_end;
  const mail = goesOn ? ({ kind: "trial_ending", occasion: eventId } as const) : undefined;
  return followSubscription(scope, subscriptionId, actor, { mail });
}

/**
 * Makes the licenses of an invoice's subscription follow it; `kind` is what their owners are told while the invoice is open.
 * Throws what Stripe or D1 throw.
 */
export async function followInvoice(
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
  return followSubscription(scope, subscriptionId, actor, { mail });
}

/** The subscription behind an invoice, or null; `invoice.subscription` is gone since API version 2025-03-31. */
export const subscriptionOf = (invoice: Stripe.Invoice): string | null =>
  idOf(invoice.parent?.subscription_details?.subscription);
