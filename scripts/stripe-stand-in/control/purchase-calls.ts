import * as z from "zod";
import { find } from "../api-error.ts";
import { expireSession, pay, sessionById, settleDelayed } from "../billing/checkout.ts";
import { closeDispute, failRefund, openDispute, refundCharge } from "../billing/reversal.ts";
import { type ControlCall, chargeOf, control, nothing, target } from "./call.ts";

/** What buyers and banks do about a purchase. */
export const purchaseCalls: ControlCall[] = [
  control(
    "POST payments/:id/pay",
    "Pays an open checkout session, as its page does. `method: delayed` leaves it unpaid until it succeeds or fails.",
    z.strictObject({
      email: z.email().default("buyer@example.com"),
      method: z.enum(["card", "delayed"]).default("card"),
      promotion_code: z.string().nullable().default(null),
      quantity: z.number().int().nullable().default(null),
    }),
    { email: "buyer@example.com" },
    (standIn, { email, method, promotion_code, quantity }, id) => {
      const session = sessionById(standIn, id);
      pay(standIn, session, { email, name: null, promotionCode: promotion_code, quantity, method });
      return session;
    },
  ),
  control(
    "POST payments/:id/succeed",
    "The delayed payment of a checkout session arrives.",
    nothing,
    null,
    (standIn, _, id) => {
      const session = sessionById(standIn, id);
      settleDelayed(standIn, session, "succeeded");
      return session;
    },
  ),
  control(
    "POST payments/:id/fail",
    "The delayed payment of a checkout session fails.",
    nothing,
    null,
    (standIn, _, id) => {
      const session = sessionById(standIn, id);
      settleDelayed(standIn, session, "failed");
      return session;
    },
  ),
  control("POST payments/:id/expire", "An open checkout session expires.", nothing, null, (standIn, _, id) => {
    const session = sessionById(standIn, id);
    expireSession(standIn, session);
    return session;
  }),
  control(
    "POST refunds",
    "Gives money back, all that is left unless `amount` (in cents) says otherwise. Name a session, charge, payment_intent or subscription.",
    z.strictObject({ ...target, amount: z.number().int().positive().optional() }),
    { session: "cs_test_...", amount: 5000 },
    (standIn, { amount, ...named }) => refundCharge(standIn, chargeOf(standIn, named), { amount }),
  ),
  control(
    "POST refunds/:id/fail",
    "The bank sends a refund back: it has failed after all.",
    nothing,
    null,
    (standIn, _, id) => {
      const refund = find(standIn.state.refunds, "refund", id);
      failRefund(standIn, refund);
      return refund;
    },
  ),
  control(
    "POST disputes",
    "A buyer's bank disputes a charge; `inquiry: true` opens one that only asks (warning_needs_response).",
    z.strictObject({ ...target, inquiry: z.boolean().default(false) }),
    { session: "cs_test_..." },
    (standIn, { inquiry, ...named }) => openDispute(standIn, chargeOf(standIn, named), inquiry),
  ),
  control(
    "POST disputes/:id/close",
    "Ends a dispute: won or lost; an inquiry ends as warning_closed.",
    z.strictObject({ status: z.enum(["won", "lost", "warning_closed"]) }),
    { status: "won" },
    (standIn, { status }, id) => {
      const dispute = find(standIn.state.disputes, "dispute", id);
      closeDispute(standIn, dispute, status);
      return dispute;
    },
  ),
  control(
    "POST cards/fail-next",
    "Declines the next charges, whoever's they are: `count` of them, 1 if not said.",
    z.strictObject({ count: z.number().int().min(0).default(1) }),
    { count: 1 },
    ({ state }, { count }) => {
      state.declines = count;
      return { declines: count };
    },
  ),
];
