import type Stripe from "stripe";
import { ok } from "../../lib/result.ts";
import { Problem } from "../../platform/http/problem.ts";
import { type Changed, change } from "../../platform/storage/change.ts";
import type { Actor } from "../../platform/storage/ledger.ts";
import type { Changes } from "../../platform/storage/settle.ts";
import type { License } from "../licensing/license/record.ts";
import { licenseRoot, requireLicense } from "../licensing/license/store.ts";
import { type PurchaseScope, purchaseChanges } from "./scope.ts";
import { asConflict, idOf, isStripeOutage } from "./stripe.ts";
import { syncLicense } from "./sync.ts";

/** What was given back. `amount` in the currency's smallest unit; 0 when there was nothing left to give back. */
export type Refunded = { amount: number; currency: string | null };

/**
 * Ends a license's subscription at once, so that nothing more is billed whatever comes of the rest, and gives back what was
 * paid last, whole. Repeating it gives nothing back twice: Stripe is asked under a key that the license, the payment and the
 * refunds so far make. Throws CONFLICT with Stripe's reason where it refuses (a disputed charge, for one), else what Stripe
 * throws.
 */
export async function refundLicense(stripe: Stripe, license: License): Promise<Refunded> {
  if (license.stripe_subscription_id !== null) {
    const subscription = await stripe.subscriptions.retrieve(license.stripe_subscription_id);
    if (subscription.status !== "canceled") await stripe.subscriptions.cancel(subscription.id);
  }
  const last = await readRefundable(stripe, license);
  return last === null || last.amount <= 0
    ? { amount: 0, currency: last?.currency ?? null }
    : refundPayment(stripe, license, last);
}

/** What is left of the last payment for a license, and so can be given back. */
export type Refundable = { paymentIntentId: string; amount: number; currency: string };

/** What a refund would give back; null: nothing was paid. Throws what Stripe throws. */
export async function readRefundable(stripe: Stripe, license: License): Promise<Refundable | null> {
  const paymentIntentId = license.stripe_payment_intent_id ?? (await lastPayment(stripe, license));
  if (paymentIntentId === null) return null;
  const intent = await stripe.paymentIntents.retrieve(paymentIntentId, { expand: ["latest_charge"] });
  const charge = typeof intent.latest_charge === "string" ? null : intent.latest_charge;
  const amount = charge ? charge.amount_captured - charge.amount_refunded : 0;
  return { paymentIntentId, amount, currency: intent.currency };
}

async function refundPayment(
  stripe: Stripe,
  license: License,
  { paymentIntentId, amount }: Refundable,
): Promise<Refunded> {
  // A refund that failed later leaves as much to give back as before it: how many there were tells the two requests apart.
  const { data } = await stripe.refunds.list({ payment_intent: paymentIntentId, limit: 100 });
  const refund = await stripe.refunds
    .create(
      { payment_intent: paymentIntentId, amount },
      { idempotencyKey: `refund:${license.id}:${paymentIntentId}:${amount}:${data.length}` },
    )
    .catch(asConflict);
  return { amount: refund.amount, currency: refund.currency };
}

/** The payment behind the last paid invoice of a subscription, or null: a trial has none. */
async function lastPayment(stripe: Stripe, license: License): Promise<string | null> {
  if (license.stripe_subscription_id === null) return null;
  const invoices = await stripe.invoices.list({
    subscription: license.stripe_subscription_id,
    status: "paid",
    limit: 10,
  });
  for (const invoice of invoices.data) {
    if (invoice.amount_paid === 0) continue;
    const payments = await stripe.invoicePayments.list({ invoice: invoice.id, status: "paid", limit: 1 });
    const paymentIntentId = idOf(payments.data[0]?.payment.payment_intent);
    if (paymentIntentId !== null) return paymentIntentId;
  }
  return null;
}

/** Throws CONFLICT for a license that was not bought here. */
export function checkWasBought({ checkout_session_id }: Pick<License, "checkout_session_id">): void {
  if (checkout_session_id !== null) return;
  throw new Problem({ code: "CONFLICT", detail: "This license was not bought here; there is nothing to refund." });
}

/**
 * First step of a refund: revokes the license. Settle its changes before `giveBack`: if Stripe then fails, the license is revoked
 * already, and asking again gives the money back, once. Throws LICENSE_NOT_FOUND, and CONFLICT when it was not bought here.
 */
export const revokeForRefund = (
  { db }: Pick<PurchaseScope, "db">,
  actor: Actor,
  id: string,
  reason: string,
): Promise<Changed<License>> =>
  change(
    db,
    licenseRoot,
    id,
    (license) => {
      checkWasBought(license);
      const patch = { admin_state: "revoked" } as const;
      return ok({ action: "license.refund", patch, details: patch });
    },
    { actor, reason },
  );

/**
 * Second step of a refund: gives back the last payment of a revoked license and ends its subscription. Returns the license as it
 * is then. Throws CONFLICT when Stripe refuses, SERVICE_UNAVAILABLE when Stripe does not answer, and other errors of Stripe.
 */
export async function giveBack(
  { db, stripe, graceDays }: PurchaseScope,
  actor: Actor,
  license: License,
): Promise<{ license: License; refund: Refunded; changes: Changes }> {
  const refund = await refundLicense(stripe, license).catch(afterRevoking);
  const { id } = license;
  if (refund.amount > 0) {
    const entry = { action: "license.refunded", patch: {}, details: refund };
    await change(db, licenseRoot, id, () => ok(entry), { actor });
  }
  const synced = await syncLicense(db, stripe, id, graceDays, actor);
  return { license: await requireLicense(db, id), refund, changes: purchaseChanges([synced]) };
}

/** For `catch`: says beside the failure that the license is revoked all the same. */
function afterRevoking(error: unknown): never {
  const done = "The license is revoked.";
  if (error instanceof Problem) throw new Problem({ ...error, detail: `${done} ${error.detail}` });
  if (!isStripeOutage(error)) throw error;
  const detail = `${done} The payment provider does not answer, so the payment is not given back yet. Please try again.`;
  throw new Problem({ code: "SERVICE_UNAVAILABLE", detail, extras: { retry_after: 30 } });
}
