import type Stripe from "stripe";
import * as z from "zod";
import { missing } from "../api-error.ts";
import { issueCreditNote } from "../billing/credit-note.ts";
import { forgiveInvoice, payOutOfBand, voidByMerchant } from "../billing/invoicing.ts";
import { idOf } from "../billing/payment.ts";
import type { StandIn } from "../stand-in.ts";
import { type ControlCall, changing, control, nothing, subscriptionById } from "./call.ts";

/** The invoice with this id, or the last one of the subscription or checkout session with this id. */
function invoiceById(standIn: StandIn, id: string): Stripe.Invoice {
  const { invoices, checkout_sessions: sessions } = standIn.state;
  const session = sessions[id];
  const invoice =
    invoices[id] ?? (session && !session.subscription ? invoices[idOf(session.invoice) ?? ""] : undefined);
  if (invoice) return invoice;
  const last = invoices[idOf(subscriptionById(standIn, id).latest_invoice) ?? ""];
  if (!last) throw missing("invoice", id);
  return last;
}

/** The calls for invoices. Each takes the id of an invoice, or of a subscription or session for its last invoice. */
export const invoiceCalls: ControlCall[] = [
  control(
    "POST invoices/:id/void",
    "Voids an open invoice, like Stripe's dashboard.",
    nothing,
    null,
    changing(invoiceById, voidByMerchant),
  ),
  control(
    "POST invoices/:id/uncollectible",
    "Marks an open invoice as uncollectible, like Stripe's dashboard.",
    nothing,
    null,
    changing(invoiceById, forgiveInvoice),
  ),
  control(
    "POST invoices/:id/pay-out-of-band",
    "Marks an open invoice as paid outside Stripe: there is no charge.",
    nothing,
    null,
    changing(invoiceById, payOutOfBand),
  ),
  control(
    "POST invoices/:id/credit-note",
    "Issues a credit note over `amount` (default: all that is left). On a paid invoice, `as` says how the money goes back: refund (the " +
      "default), credit (the customer's balance), or out_of_band.",
    z.strictObject({
      amount: z.number().int().positive().optional(),
      as: z.enum(["refund", "credit", "out_of_band"]).default("refund"),
    }),
    { amount: 5000, as: "refund" },
    (standIn, { amount, as }, id) => {
      const invoice = invoiceById(standIn, id);
      if (invoice.status !== "paid") return issueCreditNote(standIn, invoice, { amount });
      const whole = amount ?? invoice.total - invoice.post_payment_credit_notes_amount;
      return issueCreditNote(standIn, invoice, { amount: whole, [`${as}_amount`]: whole });
    },
  ),
];
