import type Stripe from "stripe";
import { idOf } from "../billing/payment.ts";
import { newId } from "../state.ts";

/** A refund to the buyer's card. */
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

const DAY = 86_400;

/** A dispute by the buyer's bank, or an inquiry that only asks. */
export const newDispute = (charge: Stripe.Charge, created: number, inquiry: boolean): Stripe.Dispute => ({
  id: newId("du"),
  object: "dispute",
  amount: charge.amount,
  balance_transactions: [],
  charge: charge.id,
  created,
  currency: charge.currency,
  enhanced_eligibility_types: [],
  evidence: NO_EVIDENCE,
  evidence_details: {
    due_by: created + 7 * DAY,
    enhanced_eligibility: {},
    has_evidence: false,
    past_due: false,
    submission_count: 0,
    submission_method: "not_submitted",
  },
  intended_submission_method: null,
  is_charge_refundable: inquiry,
  livemode: false,
  metadata: {},
  network_reason_code: "83",
  payment_intent: idOf(charge.payment_intent),
  reason: "fraudulent",
  status: inquiry ? "warning_needs_response" : "needs_response",
});

const NO_EVIDENCE: Stripe.Dispute.Evidence = {
  access_activity_log: null,
  billing_address: null,
  cancellation_policy: null,
  cancellation_policy_disclosure: null,
  cancellation_rebuttal: null,
  customer_communication: null,
  customer_email_address: null,
  customer_name: null,
  customer_purchase_ip: null,
  customer_signature: null,
  duplicate_charge_documentation: null,
  duplicate_charge_explanation: null,
  duplicate_charge_id: null,
  enhanced_evidence: {},
  product_description: null,
  receipt: null,
  refund_policy: null,
  refund_policy_disclosure: null,
  refund_refusal_explanation: null,
  service_date: null,
  service_documentation: null,
  shipping_address: null,
  shipping_carrier: null,
  shipping_date: null,
  shipping_documentation: null,
  shipping_tracking_number: null,
  uncategorized_file: null,
  uncategorized_text: null,
};
