import type Stripe from "stripe";
import { newId } from "../state.ts";
import { paymentMethodDetails } from "./payment-method.ts";

export type NewPayment = {
  created: number;
  amount: number;
  currency: string;
  customer: string | null;
  email: string | null;
  description: string | null;
  metadata: Stripe.Metadata;
};

/** A payment without an attempt. */
export function newPaymentIntent(input: NewPayment): Stripe.PaymentIntent {
  const id = newId("pi");
  return {
    id,
    object: "payment_intent",
    allowed_payment_method_types: null,
    amount: input.amount,
    amount_capturable: 0,
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: "automatic_async",
    client_secret: newId(`${id}_secret`),
    confirmation_method: "automatic",
    created: input.created,
    currency: input.currency,
    customer: input.customer,
    customer_account: null,
    description: input.description,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: input.metadata,
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: ["card"],
    payment_record: null,
    processing: null,
    receipt_email: input.email,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: "requires_payment_method",
    transfer_data: null,
    transfer_group: null,
  };
}

/** One attempt of a payment. `pending` is for a delayed method. */
export function newCharge(
  payment: Stripe.PaymentIntent,
  created: number,
  status: "succeeded" | "pending" | "failed",
  method: Stripe.PaymentMethod,
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
    payment_method: method.id,
    payment_method_details: paymentMethodDetails(method, payment.amount),
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
