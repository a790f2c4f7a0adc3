import type Stripe from "stripe";
import * as z from "zod";
import { find, refused } from "../api-error.ts";
import { collectInvoice, finalizeInvoice, forgiveInvoice, payOutOfBand, voidByMerchant } from "../billing/invoicing.ts";
import { chargeOutcome, idOf } from "../billing/payment.ts";
import { previewInvoice } from "../billing/preview.ts";
import { itemChanges } from "../billing/subscription-change.ts";
import { type ApiCall, call } from "../http/api.ts";
import { accept, boolean, group, inRange, integer, pageOf, paging, range, text } from "../http/parameters.ts";
import type { StandIn } from "../stand-in.ts";

const invoiceById = ({ state }: StandIn, id: string): Stripe.Invoice => find(state.invoices, "invoice", id);

const previewParameters = accept<Stripe.InvoiceCreatePreviewParams>()({
  customer: text.optional(),
  subscription: text.optional(),
  preview_mode: z.literal("next").optional(),
  subscription_details: group({
    cancel_at_period_end: boolean.optional(),
    cancel_now: boolean.optional(),
    items: z
      .array(group({ id: text.optional(), price: text.optional(), quantity: integer.optional() }))
      .max(20)
      .optional(),
    proration_behavior: z.enum(["create_prorations", "always_invoice", "none"]).optional(),
    trial_end: z.literal("now").optional(),
  }).optional(),
});

function createPreview(standIn: StandIn, input: z.output<typeof previewParameters>): Stripe.Invoice {
  if (!input.subscription) {
    throw refused(
      "You must provide at least one of: `subscription`, `schedule`, `subscription_details.items`, `schedule_details.phases`, `invoice_items`.",
    );
  }
  const subscription = find(standIn.state.subscriptions, "subscription", input.subscription, "subscription");
  if (input.customer && input.customer !== idOf(subscription.customer)) {
    throw refused(`The subscription does not belong to the customer ${input.customer}.`, undefined, "customer");
  }
  const details = input.subscription_details;
  return previewInvoice(standIn, subscription, {
    changes: itemChanges(standIn, subscription, details?.items),
    cancelNow: details?.cancel_now ?? false,
    cancelAtPeriodEnd: details?.cancel_at_period_end,
    trialEndNow: details?.trial_end === "now",
    behavior: details?.proration_behavior ?? "create_prorations",
  });
}

/** The calls for invoices and the payments of invoices. */
export const invoiceCalls: ApiCall[] = [
  call("POST", "/v1/invoices/create_preview", previewParameters, createPreview),
  call(
    "GET",
    "/v1/invoices",
    accept<Stripe.InvoiceListParams>()({
      ...paging,
      created: range.optional(),
      customer: text.optional(),
      status: z.enum(["draft", "open", "paid", "uncollectible", "void"]).optional(),
      subscription: text.optional(),
    }),
    ({ state }, { created, customer, status, subscription, ...page }) => {
      const wanted = Object.values(state.invoices).filter(
        (each) =>
          inRange(each.created, created) &&
          (customer === undefined || each.customer === customer) &&
          (status === undefined || each.status === status) &&
          (subscription === undefined || each.parent?.subscription_details?.subscription === subscription),
      );
      return pageOf(wanted, page, "/v1/invoices");
    },
  ),
  call("GET", "/v1/invoices/:id", accept<Stripe.InvoiceRetrieveParams>()({}), (standIn, _, id) =>
    invoiceById(standIn, id),
  ),
  call(
    "POST",
    "/v1/invoices/:id/pay",
    accept<Stripe.InvoicePayParams>()({ paid_out_of_band: boolean.optional() }),
    (standIn, { paid_out_of_band }, id) => {
      const invoice = invoiceById(standIn, id);
      if (paid_out_of_band) {
        payOutOfBand(standIn, invoice);
        return invoice;
      }
      finalizeInvoice(standIn, invoice);
      collectInvoice(standIn, invoice, chargeOutcome(standIn, idOf(invoice.customer)));
      if (invoice.status !== "paid") throw refused("Your card was declined.", "card_declined");
      return invoice;
    },
  ),
  call(
    "POST",
    "/v1/invoices/:id/mark_uncollectible",
    accept<Stripe.InvoiceMarkUncollectibleParams>()({}),
    (standIn, _, id) => {
      const invoice = invoiceById(standIn, id);
      forgiveInvoice(standIn, invoice);
      return invoice;
    },
  ),
  call("POST", "/v1/invoices/:id/void", accept<Stripe.InvoiceVoidInvoiceParams>()({}), (standIn, _, id) => {
    const invoice = invoiceById(standIn, id);
    voidByMerchant(standIn, invoice);
    return invoice;
  }),
  call(
    "GET",
    "/v1/invoice_payments",
    accept<Stripe.InvoicePaymentListParams>()({
      ...paging,
      created: range.optional(),
      invoice: text.optional(),
      payment: group({
        type: z.enum(["payment_intent", "payment_record"]),
        payment_intent: text.optional(),
      }).optional(),
      status: z.enum(["canceled", "open", "paid"]).optional(),
    }),
    ({ state }, { created, invoice, payment, status, ...page }) => {
      const wanted = Object.values(state.invoice_payments).filter(
        (each) =>
          inRange(each.created, created) &&
          (invoice === undefined || each.invoice === invoice) &&
          (payment === undefined || each.payment.payment_intent === payment.payment_intent) &&
          (status === undefined || each.status === status),
      );
      return pageOf(wanted, page, "/v1/invoice_payments");
    },
  ),
];
