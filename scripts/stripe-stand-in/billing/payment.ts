import type Stripe from "stripe";
import { find } from "../api-error.ts";
import { type NewPayment, newCharge, newPaymentIntent } from "../objects/payment.ts";
import { createPaymentMethod } from "../objects/payment-method.ts";
import { emit, type StandIn } from "../stand-in.ts";

export type Outcome = "succeeded" | "failed" | "processing";

/** Begins a payment. */
export function startPayment(standIn: StandIn, input: Omit<NewPayment, "created">): Stripe.PaymentIntent {
  const payment = newPaymentIntent({ ...input, created: standIn.now() });
  standIn.state.payment_intents[payment.id] = payment;
  emit(standIn, "payment_intent.created", payment);
  return payment;
}

/**
 * The outcome of charging this customer now. It is declined if the control API asks for it, which uses up one "fail
 * next".
 */
export function chargeOutcome(standIn: StandIn, customer: string | null): "succeeded" | "failed" {
  const { state } = standIn;
  if (customer !== null && state.declining_customers.includes(customer)) return "failed";
  if (customer !== null && state.cardless_customers.includes(customer)) return "failed";
  if (state.declines <= 0) return "succeeded";
  state.declines -= 1;
  return "failed";
}

/** Makes one payment attempt with its charge and events, or settles the pending delayed attempt. */
export function attempt(
  standIn: StandIn,
  payment: Stripe.PaymentIntent,
  outcome: Outcome,
  method = methodOf(standIn, idOf(payment.customer)),
): void {
  const under = payment.status === "processing" ? standIn.state.charges[idOf(payment.latest_charge) ?? ""] : undefined;
  const status = outcome === "processing" ? "pending" : outcome;
  const charge = under ?? newCharge(payment, standIn.now(), status, method);
  if (under) settleCharge(under, status);
  standIn.state.charges[charge.id] = charge;
  payment.latest_charge = charge.id;
  payment.payment_method = charge.payment_method;
  switch (outcome) {
    case "succeeded":
      payment.status = "succeeded";
      payment.amount_received = payment.amount;
      payment.last_payment_error = null;
      emit(standIn, "charge.succeeded", charge);
      emit(standIn, "payment_intent.succeeded", payment);
      return;
    case "processing":
      payment.status = "processing";
      emit(standIn, "charge.pending", charge);
      emit(standIn, "payment_intent.processing", payment);
      return;
    case "failed":
      payment.status = "requires_payment_method";
      payment.last_payment_error = {
        charge: charge.id,
        code: "card_declined",
        decline_code: "generic_decline",
        message: "Your card was declined.",
        type: "card_error",
      };
      emit(standIn, "charge.failed", charge);
      emit(standIn, "payment_intent.payment_failed", payment);
  }
}

function settleCharge(charge: Stripe.Charge, status: string): void {
  charge.status = status;
  charge.paid = status === "succeeded";
  charge.amount_captured = charge.paid ? charge.amount : 0;
  if (charge.paid) return;
  charge.failure_code = "payment_method_customer_decline";
  charge.failure_message = "The bank refused the debit.";
}

/** The customer's newest payment method. Without one, a card of the stand-in's. */
function methodOf(standIn: StandIn, customer: string | null): Stripe.PaymentMethod {
  const known = Object.values(standIn.state.payment_methods).findLast((each) => each.customer === customer);
  return customer !== null && known ? known : createPaymentMethod(standIn, { type: "card", owner: customer ?? "" });
}

/** The payment with this id. Throws `ApiError`. */
export const paymentById = (standIn: StandIn, id: string): Stripe.PaymentIntent =>
  find(standIn.state.payment_intents, "payment_intent", id);

/** The id of a value that is an id or an expanded object. */
export const idOf = (value: string | { id: string } | null | undefined): string | null =>
  typeof value === "string" ? value : (value?.id ?? null);
