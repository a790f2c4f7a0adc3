import type Stripe from "stripe";
import { percentOf } from "../billing/totals.ts";
import { wholeList } from "../http/parameters.ts";
import type { StandIn } from "../stand-in.ts";
import { newId } from "../state.ts";

export type NewCreditNote = {
  amount: number;
  /** Whether the invoice was open, so that the note makes it smaller. */
  isBeforePayment: boolean;
  reason: string | null;
  memo: string | null;
  metadata: Stripe.Metadata;
  out_of_band_amount: number | null;
  refunds: { refund: string; amount_refunded: number }[];
};

/** A credit note on an invoice. Its tax and discount are the invoice's, in proportion. */
export function newCreditNote(standIn: StandIn, invoice: Stripe.Invoice, input: NewCreditNote): Stripe.CreditNote {
  const id = newId("cn");
  const created = standIn.now();
  const share = invoice.total === 0 ? 0 : (input.amount * 100) / invoice.total;
  const earlier = Object.values(standIn.state.credit_notes).filter((each) => each.invoice === invoice.id).length;
  const total_taxes = (invoice.total_taxes ?? []).map((tax) => ({
    ...tax,
    amount: percentOf(tax.amount, share),
    taxable_amount: percentOf(tax.taxable_amount ?? 0, share),
  }));
  const discount_amounts = (invoice.total_discount_amounts ?? []).map(({ amount, discount }) => ({
    amount: percentOf(amount, share),
    discount: typeof discount === "string" ? discount : discount.id,
  }));
  const discount_amount = discount_amounts.reduce((sum, { amount }) => sum + amount, 0);
  const tax = total_taxes.reduce((sum, { amount }) => sum + amount, 0);
  return {
    id,
    object: "credit_note",
    amount: input.amount,
    amount_shipping: 0,
    created,
    currency: invoice.currency,
    customer: typeof invoice.customer === "string" ? invoice.customer : (invoice.customer?.id ?? ""),
    customer_account: null,
    customer_balance_transaction: null,
    discount_amount,
    discount_amounts,
    effective_at: created,
    invoice: invoice.id,
    lines: wholeList([], `/v1/credit_notes/${id}/lines`),
    livemode: false,
    memo: input.memo,
    metadata: input.metadata,
    number: `${invoice.number}-CN-${String(earlier + 1).padStart(2, "0")}`,
    out_of_band_amount: input.out_of_band_amount,
    pdf: `${standIn.origin}/i/${invoice.id}`,
    post_payment_amount: input.isBeforePayment ? 0 : input.amount,
    pre_payment_amount: input.isBeforePayment ? input.amount : 0,
    pretax_credit_amounts: [],
    reason: input.reason,
    refunds: input.refunds.map((each) => ({ ...each, payment_record_refund: null, type: "refund" })),
    shipping_cost: null,
    status: "issued",
    subtotal: input.amount - tax + discount_amount,
    subtotal_excluding_tax: input.amount - tax + discount_amount,
    total: input.amount,
    total_excluding_tax: input.amount - tax,
    total_taxes,
    type: input.isBeforePayment ? "pre_payment" : "post_payment",
    voided_at: null,
  };
}
