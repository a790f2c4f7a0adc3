import type Stripe from "stripe";
import type { License } from "../licensing/license-record.ts";
import { idOf } from "./stripe-client.ts";
import { asConflict } from "./stripe-failure.ts";

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
    : giveBack(stripe, license, last);
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

async function giveBack(stripe: Stripe, license: License, { paymentIntentId, amount }: Refundable): Promise<Refunded> {
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
