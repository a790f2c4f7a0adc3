import type Stripe from "stripe";
import { newId } from "../state.ts";

/** One attempt to take the money of a payment; `pending` is a delayed method's. */
export function newCharge(
  payment: Stripe.PaymentIntent,
  created: number,
  status: "succeeded" | "pending" | "failed",
): Stripe.Charge {
  const succeeded = status === "succeeded";
  const customer = typeof payment.customer === "object" ? (payment.customer?.id ?? null) : payment.customer;
  return {
    id: newId(status === "pending" ? "py" : "ch"),
    object: "charge",
    amount: payment.amount,
    amount_captured: succeeded ? payment.amount : 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: succeeded ? newId("txn") : null,
    billing_details: { address: null, email: payment.receipt_email, name: null, phone: null, tax_id: null },
    calculated_statement_descriptor: "RBEE",
    captured: status !== "failed",
    created,
    currency: payment.currency,
    customer,
    description: payment.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: status === "failed" ? "card_declined" : null,
    failure_message: status === "failed" ? "Your card was declined." : null,
    fraud_details: {},
    livemode: false,
    metadata: payment.metadata,
    on_behalf_of: null,
    outcome: null,
    paid: status !== "failed",
    payment_intent: payment.id,
    payment_method: newId("pm"),
    payment_method_details: { type: status === "pending" ? "sepa_debit" : "card" },
    receipt_email: payment.receipt_email,
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status,
    transfer_data: null,
    transfer_group: null,
  };
}
