import { ok } from "../../lib/result.ts";
import { Problem } from "../../platform/http/problem.ts";
import { type Changed, change } from "../../platform/storage/change.ts";
import type { Actor } from "../../platform/storage/ledger.ts";
import type { Changes } from "../../platform/storage/settle.ts";
import type { License } from "../licensing/license/record.ts";
import { licenseRoot, requireLicense } from "../licensing/license/store.ts";
import { keyRefusal, refusalForAdmin } from "./key-refusal.ts";
import { noteKeyRefusal } from "./key-refusal-note.ts";
import { asConflict, idOf, isStripeOutage, type StripeClient } from "./stripe.ts";
import { type PurchaseScope, purchaseChanges, syncLicense } from "./sync.ts";

/** A refund. `amount` is in the currency's smallest unit; 0 when nothing was left to give back. */
export type Refunded = { amount: number; currency: string | null };

/**
 * Ends the subscription first, so that nothing more is billed even if the rest fails, and refunds the last payment.
 * Idempotent. Throws CONFLICT with Stripe's reason when it refuses, and Stripe's other errors.
 */
async function refundLicense(stripe: StripeClient, license: License): Promise<Refunded> {
  if (license.stripe_subscription_id !== null) {
    const subscription = await stripe.subscriptions.retrieve(license.stripe_subscription_id);
    if (subscription.status !== "canceled") await stripe.subscriptions.cancel(subscription.id);
  }
  const last = await readRefundable(stripe, license);
  return last === null || last.amount <= 0
    ? { amount: 0, currency: last?.currency ?? null }
    : refundPayment(stripe, license, last);
}

/** The rest of the last payment for a license, which can be refunded. */
export type Refundable = { paymentIntentId: string; amount: number; currency: string };

/** The amount that a refund would give back; null: nothing was paid. Throws Stripe's errors. */
export async function readRefundable(stripe: StripeClient, license: License): Promise<Refundable | null> {
  const paymentIntentId = license.stripe_payment_intent_id ?? (await lastPayment(stripe, license));
  if (paymentIntentId === null) return null;
  const intent = await stripe.paymentIntents.retrieve(paymentIntentId, { expand: ["latest_charge"] });
  const charge = typeof intent.latest_charge === "string" ? null : intent.latest_charge;
  const amount = charge ? charge.amount_captured - charge.amount_refunded : 0;
  return { paymentIntentId, amount, currency: intent.currency };
}

async function refundPayment(
  stripe: StripeClient,
  license: License,
  { paymentIntentId, amount }: Refundable,
): Promise<Refunded> {
  // After a refund that failed later, the same amount is left. The number of refunds tells the two requests apart.
  const { data } = await stripe.refunds.list({ payment_intent: paymentIntentId, limit: 100 });
  const refund = await stripe.refunds
    .create(
      { payment_intent: paymentIntentId, amount },
      { idempotencyKey: `refund:${license.id}:${paymentIntentId}:${amount}:${data.length}` },
    )
    .catch(asConflict);
  return { amount: refund.amount, currency: refund.currency };
}

/** The payment of the last paid invoice of a subscription, or null: a trial has none. */
async function lastPayment(stripe: StripeClient, license: License): Promise<string | null> {
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
 * First step of a refund: revokes the license. Settle its changes before `giveBack`. If Stripe then fails, the license
 * is revoked already, and a repeated request refunds once. Throws LICENSE_NOT_FOUND, and CONFLICT when it was not
 * bought here.
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
 * Second step of a refund: refunds the last payment of a revoked license and ends its subscription. Returns the license
 * as it is afterwards. Throws CONFLICT when Stripe refuses, SERVICE_UNAVAILABLE when Stripe does not answer, and
 * Stripe's other errors.
 */
export async function giveBack(
  scope: PurchaseScope,
  actor: Actor,
  license: License,
): Promise<{ license: License; refund: Refunded; changes: Changes }> {
  const failing = (done: string) => async (error: unknown) => {
    await noteKeyRefusal(scope.db, error, actor.now);
    return withDone(done, error);
  };
  const refund = await refundLicense(scope.stripe, license).catch(failing("The license is revoked."));
  const { id } = license;
  if (refund.amount > 0) {
    const entry = { action: "license.refunded", patch: {}, details: refund } as const;
    await change(scope.db, licenseRoot, id, () => ok(entry), { actor });
  }
  const done = `The license is revoked${refund.amount > 0 ? ", and the payment is given back" : ""}.`;
  const synced = await syncLicense(scope, id, actor).catch(failing(done));
  return { license: await requireLicense(scope.db, id), refund, changes: purchaseChanges([synced]) };
}

/** Adds to the message of an error the part of the refund that is done. */
function withDone(done: string, error: unknown): never {
  if (error instanceof Problem) throw new Problem({ ...error, detail: `${done} ${error.detail}` });
  const refusal = keyRefusal(error);
  if (refusal) throw new Problem({ code: "SERVICE_UNAVAILABLE", detail: `${done} ${refusalForAdmin(refusal)}` });
  if (!isStripeOutage(error)) throw error;
  const detail = `${done} The payment provider does not answer, so the rest is not done yet. Please try again.`;
  throw new Problem({ code: "SERVICE_UNAVAILABLE", detail, extras: { retry_after: 30 } });
}
