import type Stripe from "stripe";
import { find, refused } from "../api-error.ts";
import { newCreditNote } from "../objects/credit-note.ts";
import { liveCustomer } from "../objects/customer.ts";
import { emit, type StandIn } from "../stand-in.ts";
import { linkOf, setBalance, settleWithoutPayment } from "./invoicing.ts";
import { idOf, paymentById } from "./payment.ts";
import { refundCharge } from "./reversal.ts";

export type CreditNoteInput = {
  /** The default is all that is left. */
  amount?: number | undefined;
  /** Of a paid invoice: the parts that become credit, are refunded, or are paid back outside Stripe. */
  credit_amount?: number | undefined;
  refund_amount?: number | undefined;
  out_of_band_amount?: number | undefined;
  /** A refund that exists already. */
  refund?: string | undefined;
  reason?: string | undefined;
  memo?: string | undefined;
  metadata?: Stripe.Metadata | undefined;
};

/**
 * Issues a credit note. On an open invoice it makes the amount due smaller. On a paid one its parts say how the money
 * goes back, and must add up. Throws `ApiError` for a draft, a voided invoice, or more than is left.
 */
export function issueCreditNote(standIn: StandIn, invoice: Stripe.Invoice, input: CreditNoteInput): Stripe.CreditNote {
  const { status } = invoice;
  if (status !== "open" && status !== "paid" && status !== "uncollectible") {
    throw refused(
      `Credit notes can only be created on finalized invoices. This one is ${status}.`,
      undefined,
      "invoice",
    );
  }
  const isBeforePayment = status !== "paid";
  const left = isBeforePayment ? invoice.amount_remaining : invoice.total - invoice.post_payment_credit_notes_amount;
  const given = refundNamed(standIn, input.refund);
  const parts = [input.credit_amount, input.refund_amount, input.out_of_band_amount, given?.amount];
  const shared = parts.reduce<number>((sum, part) => sum + (part ?? 0), 0);
  const amount = input.amount ?? (shared > 0 ? shared : left);
  if (amount < 1 || amount > left) {
    throw refused(
      `The credit note's amount must be from 1 to ${left}, which is left of the invoice.`,
      undefined,
      "amount",
    );
  }
  if (isBeforePayment ? shared > 0 : shared !== amount) {
    throw refused(
      isBeforePayment
        ? "An open invoice has nothing to refund or to credit."
        : "The sum of credit, refund and out of band amounts must be equal to the amount of the credit note.",
    );
  }
  const made = input.refund_amount ? refundPayment(standIn, invoice, input.refund_amount) : null;
  const note = newCreditNote(standIn, invoice, {
    amount,
    isBeforePayment,
    reason: input.reason ?? null,
    memo: input.memo ?? null,
    metadata: input.metadata ?? {},
    out_of_band_amount: input.out_of_band_amount ?? null,
    refunds: [made, given].flatMap((each) => (each ? [{ refund: each.id, amount_refunded: each.amount }] : [])),
  });
  standIn.state.credit_notes[note.id] = note;
  emit(standIn, "credit_note.created", note);
  if (!isBeforePayment) {
    invoice.post_payment_credit_notes_amount += amount;
    const customer = liveCustomer(standIn, idOf(invoice.customer) ?? "");
    setBalance(standIn, customer, customer.balance - (input.credit_amount ?? 0));
    return note;
  }
  changeDue(standIn, invoice, -amount);
  if (invoice.amount_remaining === 0) settleWithoutPayment(standIn, invoice);
  return note;
}

/** Voids a credit note. Throws `ApiError` unless its invoice is still open. */
export function voidCreditNote(standIn: StandIn, note: Stripe.CreditNote): void {
  const invoice = find(standIn.state.invoices, "invoice", idOf(note.invoice) ?? "");
  if (note.status === "void") throw refused(`Credit note ${note.id} is void already.`);
  if (note.type !== "pre_payment" || invoice.status !== "open") {
    throw refused("You can only void a credit note whose invoice is open.");
  }
  note.status = "void";
  note.voided_at = standIn.now();
  emit(standIn, "credit_note.voided", note);
  changeDue(standIn, invoice, note.amount);
}

function changeDue(standIn: StandIn, invoice: Stripe.Invoice, by: number): void {
  const { amount_due, amount_remaining } = invoice;
  invoice.pre_payment_credit_notes_amount -= by;
  invoice.amount_due += by;
  invoice.amount_remaining += by;
  emit(standIn, "invoice.updated", invoice, { amount_due, amount_remaining });
  const payment = standIn.state.payment_intents[idOf(linkOf(standIn, invoice)?.payment.payment_intent) ?? ""];
  if (payment && payment.status === "requires_payment_method") payment.amount = invoice.amount_remaining;
}

function refundNamed(standIn: StandIn, id: string | undefined): Stripe.Refund | null {
  return id === undefined ? null : find(standIn.state.refunds, "refund", id, "refunds[0][refund]");
}

function refundPayment(standIn: StandIn, invoice: Stripe.Invoice, amount: number): Stripe.Refund {
  const payment = idOf(linkOf(standIn, invoice)?.payment.payment_intent);
  if (payment === null) throw refused("The invoice has no payment to refund.", undefined, "refund_amount");
  const charge = find(standIn.state.charges, "charge", idOf(paymentById(standIn, payment).latest_charge) ?? "");
  return refundCharge(standIn, charge, { amount });
}
