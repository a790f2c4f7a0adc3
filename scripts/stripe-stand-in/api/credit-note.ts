import type Stripe from "stripe";
import * as z from "zod";
import { find } from "../api-error.ts";
import { issueCreditNote, voidCreditNote } from "../billing/credit-note.ts";
import { type ApiCall, call } from "../http/api.ts";
import { accept, group, inRange, integer, metadata, pageOf, paging, range, text } from "../http/parameters.ts";

/** The calls for credit notes. */
export const creditNoteCalls: ApiCall[] = [
  call(
    "POST",
    "/v1/credit_notes",
    accept<Stripe.CreditNoteCreateParams>()({
      invoice: text,
      amount: integer.optional(),
      credit_amount: integer.optional(),
      refund_amount: integer.optional(),
      out_of_band_amount: integer.optional(),
      refunds: z
        .array(group({ refund: text, amount_refunded: integer.optional() }))
        .length(1)
        .optional(),
      reason: z.enum(["duplicate", "fraudulent", "order_change", "product_unsatisfactory"]).optional(),
      memo: text.optional(),
      metadata: metadata.optional(),
    }),
    (standIn, { invoice, refunds, ...input }) =>
      issueCreditNote(standIn, find(standIn.state.invoices, "invoice", invoice, "invoice"), {
        ...input,
        refund: refunds?.[0]?.refund,
      }),
  ),
  call(
    "GET",
    "/v1/credit_notes",
    accept<Stripe.CreditNoteListParams>()({
      ...paging,
      created: range.optional(),
      customer: text.optional(),
      invoice: text.optional(),
    }),
    ({ state }, { created, customer, invoice, ...page }) => {
      const wanted = Object.values(state.credit_notes).filter(
        (note) =>
          inRange(note.created, created) &&
          (customer === undefined || note.customer === customer) &&
          (invoice === undefined || note.invoice === invoice),
      );
      return pageOf(wanted, page, "/v1/credit_notes");
    },
  ),
  call("GET", "/v1/credit_notes/:id", accept<Stripe.CreditNoteRetrieveParams>()({}), ({ state }, _, id) =>
    find(state.credit_notes, "credit note", id),
  ),
  call("POST", "/v1/credit_notes/:id/void", accept<Stripe.CreditNoteVoidCreditNoteParams>()({}), (standIn, _, id) => {
    const note = find(standIn.state.credit_notes, "credit note", id);
    voidCreditNote(standIn, note);
    return note;
  }),
];
