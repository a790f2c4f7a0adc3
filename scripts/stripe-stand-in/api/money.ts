import type Stripe from "stripe";
import * as z from "zod";
import { find, refused } from "../api-error.ts";
import { idOf } from "../billing/payment.ts";
import { closeDispute, refundCharge } from "../billing/reversal.ts";
import { type ApiCall, call } from "../http/api.ts";
import { accept, inRange, integer, metadata, pageOf, paging, range, text } from "../http/parameters.ts";
import type { StandIn } from "../stand-in.ts";
import { mergeMetadata } from "./catalog.ts";

const refundParameters = accept<Stripe.RefundCreateParams>()({
  charge: text.optional(),
  payment_intent: text.optional(),
  amount: integer.optional(),
  reason: z.enum(["duplicate", "fraudulent", "requested_by_customer"]).optional(),
  metadata: metadata.optional(),
});

function chargeToRefund({ state }: StandIn, input: z.output<typeof refundParameters>): Stripe.Charge {
  if (input.charge) return find(state.charges, "charge", input.charge, "charge");
  if (!input.payment_intent)
    throw refused("One of the following params should be provided: payment_intent or charge.", "parameter_missing");
  const payment = find(state.payment_intents, "payment_intent", input.payment_intent, "payment_intent");
  const charge = state.charges[idOf(payment.latest_charge) ?? ""];
  if (!charge) throw refused(`This PaymentIntent (${payment.id}) does not have a successful charge to refund.`);
  return charge;
}

/** The calls for payments, charges, refunds and disputes. */
export const moneyCalls: ApiCall[] = [
  call(
    "GET",
    "/v1/payment_intents",
    accept<Stripe.PaymentIntentListParams>()({ ...paging, created: range.optional(), customer: text.optional() }),
    ({ state }, { created, customer, ...page }) => {
      const wanted = Object.values(state.payment_intents).filter(
        (payment) => inRange(payment.created, created) && (customer === undefined || payment.customer === customer),
      );
      return pageOf(wanted, page, "/v1/payment_intents");
    },
  ),
  call("GET", "/v1/payment_intents/:id", accept<Stripe.PaymentIntentRetrieveParams>()({}), ({ state }, _, id) =>
    find(state.payment_intents, "payment_intent", id),
  ),
  call(
    "GET",
    "/v1/charges",
    accept<Stripe.ChargeListParams>()({
      ...paging,
      created: range.optional(),
      customer: text.optional(),
      payment_intent: text.optional(),
    }),
    ({ state }, { created, customer, payment_intent, ...page }) => {
      const wanted = Object.values(state.charges).filter(
        (charge) =>
          inRange(charge.created, created) &&
          (customer === undefined || charge.customer === customer) &&
          (payment_intent === undefined || charge.payment_intent === payment_intent),
      );
      return pageOf(wanted, page, "/v1/charges");
    },
  ),
  call("GET", "/v1/charges/:id", accept<Stripe.ChargeRetrieveParams>()({}), ({ state }, _, id) =>
    find(state.charges, "charge", id),
  ),
  call("POST", "/v1/refunds", refundParameters, (standIn, input) =>
    refundCharge(standIn, chargeToRefund(standIn, input), input),
  ),
  call(
    "GET",
    "/v1/refunds",
    accept<Stripe.RefundListParams>()({
      ...paging,
      created: range.optional(),
      charge: text.optional(),
      payment_intent: text.optional(),
    }),
    ({ state }, { created, charge, payment_intent, ...page }) => {
      const wanted = Object.values(state.refunds).filter(
        (refund) =>
          inRange(refund.created, created) &&
          (charge === undefined || refund.charge === charge) &&
          (payment_intent === undefined || refund.payment_intent === payment_intent),
      );
      return pageOf(wanted, page, "/v1/refunds");
    },
  ),
  call("GET", "/v1/refunds/:id", accept<Stripe.RefundRetrieveParams>()({}), ({ state }, _, id) =>
    find(state.refunds, "refund", id),
  ),
  call(
    "POST",
    "/v1/refunds/:id",
    accept<Stripe.RefundUpdateParams>()({ metadata: metadata.optional() }),
    ({ state }, input, id) => {
      const refund = find(state.refunds, "refund", id);
      refund.metadata = mergeMetadata(refund.metadata ?? {}, input.metadata);
      return refund;
    },
  ),
  call(
    "GET",
    "/v1/disputes",
    accept<Stripe.DisputeListParams>()({
      ...paging,
      created: range.optional(),
      charge: text.optional(),
      payment_intent: text.optional(),
    }),
    ({ state }, { created, charge, payment_intent, ...page }) => {
      const wanted = Object.values(state.disputes).filter(
        (dispute) =>
          inRange(dispute.created, created) &&
          (charge === undefined || dispute.charge === charge) &&
          (payment_intent === undefined || dispute.payment_intent === payment_intent),
      );
      return pageOf(wanted, page, "/v1/disputes");
    },
  ),
  call("GET", "/v1/disputes/:id", accept<Stripe.DisputeRetrieveParams>()({}), ({ state }, _, id) =>
    find(state.disputes, "dispute", id),
  ),
  // A dispute that the merchant closes is lost.
  call("POST", "/v1/disputes/:id/close", accept<Stripe.DisputeCloseParams>()({}), (standIn, _, id) => {
    const dispute = find(standIn.state.disputes, "dispute", id);
    closeDispute(standIn, dispute, "lost");
    return dispute;
  }),
];
