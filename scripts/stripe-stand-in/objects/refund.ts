import type Stripe from "stripe";
import { idOf } from "../billing/payment.ts";
import { newId } from "../state.ts";

/** Money on its way back to the buyer's card. */
export const newRefund = (
  charge: Stripe.Charge,
  input: { created: number; amount: number; reason: string | null; metadata: Stripe.Metadata },
): Stripe.Refund => ({
  id: newId("re"),
  object: "refund",
  amount: input.amount,
  balance_transaction: newId("txn"),
  charge: charge.id,
  created: input.created,
  currency: charge.currency,
  customer: idOf(charge.customer),
  customer_account: null,
  destination_details: { card: { type: "refund" }, type: "card" },
  metadata: input.metadata,
  payment_intent: idOf(charge.payment_intent),
  payment_method: charge.payment_method,
  reason: input.reason,
  receipt_number: null,
  source_transfer_reversal: null,
  status: "succeeded",
  transfer_reversal: null,
});
