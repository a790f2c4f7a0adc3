import * as z from "zod";
import { find } from "../api-error.ts";
import { expireSession, pay, sessionById, settleDelayed } from "../billing/checkout.ts";
import { closeDispute, failRefund, openDispute, refundCharge } from "../billing/reversal.ts";
import { type ControlCall, changing, chargeOf, control, nothing, target } from "./call.ts";

/** The calls for the acts of buyers and banks. */
export const purchaseCalls: ControlCall[] = [
  control(
    "POST payments/:id/pay",
    "Pays an open checkout session, like its page. `method: delayed` leaves it unpaid until the payment succeeds or fails. `card` " +
      "is a number, which makes the fingerprint; without one, every address has a card of its own. `currency` is one of the price's.",
    z.strictObject({
      email: z.email().default("buyer@example.com"),
      method: z.enum(["card", "delayed"]).default("card"),
      promotion_code: z.string().nullable().default(null),
      quantity: z.number().int().nullable().default(null),
      card: z.string().nullable().default(null),
      currency: z.string().nullable().default(null),
    }),
    { email: "buyer@example.com" },
    changing(sessionById, (standIn, session, { promotion_code, ...choice }) =>
      pay(standIn, session, { ...choice, name: null, promotionCode: promotion_code }),
    ),
  ),
  control(
    "POST payments/:id/succeed",
    "Makes the delayed payment of a checkout session arrive.",
    nothing,
    null,
    changing(sessionById, (standIn, session) => settleDelayed(standIn, session, "succeeded")),
  ),
  control(
    "POST payments/:id/fail",
    "Makes the delayed payment of a checkout session fail.",
    nothing,
    null,
    changing(sessionById, (standIn, session) => settleDelayed(standIn, session, "failed")),
  ),
  control(
    "POST payments/:id/expire",
    "Expires an open checkout session.",
    nothing,
    null,
    changing(sessionById, expireSession),
  ),
  control(
    "POST refunds",
    "Refunds a charge: `amount` (in cents), or all that is left. Name a session, charge, payment_intent or subscription.",
    z.strictObject({ ...target, amount: z.number().int().positive().optional() }),
    { session: "cs_test_...", amount: 5000 },
    (standIn, { amount, ...named }) => refundCharge(standIn, chargeOf(standIn, named), { amount }),
  ),
  control(
    "POST refunds/:id/fail",
    "Makes a refund fail: the bank returns the money to the merchant.",
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
    "Opens a dispute of a charge. `inquiry: true` opens an inquiry (warning_needs_response).",
    z.strictObject({ ...target, inquiry: z.boolean().default(false) }),
    { session: "cs_test_..." },
    (standIn, { inquiry, ...named }) => openDispute(standIn, chargeOf(standIn, named), inquiry),
  ),
  control(
    "POST disputes/:id/close",
    "Closes a dispute as won or lost, or an inquiry as warning_closed.",
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
    "Declines the next `count` charges (default 1) of any customer.",
    z.strictObject({ count: z.number().int().min(0).default(1) }),
    { count: 1 },
    ({ state }, { count }) => {
      state.declines = count;
      return { declines: count };
    },
  ),
];
