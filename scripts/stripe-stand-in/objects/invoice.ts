import type Stripe from "stripe";
import { wholeList } from "../http/parameters.ts";
import type { StandIn } from "../stand-in.ts";
import { newId } from "../state.ts";

export type NewInvoice = {
  created: number;
  customer: Stripe.Customer;
  currency: string;
  billing_reason: string;
  subscription: Stripe.Subscription | null;
  automatic_tax: boolean;
  period: { start: number; end: number };
  description?: string | null;
};

/** A draft invoice without lines. `issueInvoice` gives it its number and addresses. */
export function newInvoice(input: NewInvoice): Stripe.Invoice {
  const { subscription, customer } = input;
  const id = newId("in");
  return {
    id,
    object: "invoice",
    account_country: "NL",
    account_name: "rbee (local stand-in)",
    account_tax_ids: null,
    amount_due: 0,
    amount_overpaid: 0,
    amount_paid: 0,
    amount_remaining: 0,
    amount_shipping: 0,
    application: null,
    attempt_count: 0,
    attempted: false,
    auto_advance: true,
    automatic_tax: {
      disabled_reason: null,
      enabled: input.automatic_tax,
      liability: input.automatic_tax ? { type: "self" } : null,
      provider: input.automatic_tax ? "stripe" : null,
      status: input.automatic_tax ? "complete" : null,
    },
    automatically_finalizes_at: null,
    billing_reason: input.billing_reason,
    collection_method: "charge_automatically",
    created: input.created,
    currency: input.currency,
    custom_fields: null,
    customer: customer.id,
    customer_account: null,
    customer_address: null,
    customer_email: customer.email,
    customer_name: customer.name ?? null,
    customer_phone: null,
    customer_shipping: null,
    customer_tax_exempt: "none",
    customer_tax_ids: [],
    default_payment_method: null,
    default_source: null,
    default_tax_rates: [],
    description: input.description ?? null,
    discounts: [],
    due_date: null,
    effective_at: null,
    ending_balance: null,
    footer: null,
    from_invoice: null,
    hosted_invoice_url: null,
    invoice_pdf: null,
    issuer: { type: "self" },
    last_finalization_error: null,
    latest_revision: null,
    lines: wholeList([], `/v1/invoices/${id}/lines`),
    livemode: false,
    metadata: {},
    next_payment_attempt: null,
    number: null,
    on_behalf_of: null,
    parent: subscription
      ? {
          quote_details: null,
          subscription_details: { metadata: subscription.metadata, subscription: subscription.id },
          type: "subscription_details",
        }
      : null,
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    period_end: input.period.end,
    period_start: input.period.start,
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    receipt_number: null,
    rendering: null,
    shipping_cost: null,
    shipping_details: null,
    starting_balance: 0,
    statement_descriptor: null,
    status: "draft",
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
    subtotal: 0,
    subtotal_excluding_tax: 0,
    test_clock: null,
    total: 0,
    total_discount_amounts: [],
    total_excluding_tax: 0,
    total_pretax_credit_amounts: [],
    total_taxes: [],
    webhooks_delivered_at: null,
  };
}

/** Gives an invoice its number and its page, as Stripe does when a draft is finalized. */
export function issueInvoice(standIn: StandIn, invoice: Stripe.Invoice, customer: Stripe.Customer): void {
  const sequence = customer.next_invoice_sequence ?? 1;
  customer.next_invoice_sequence = sequence + 1;
  invoice.number = `${customer.invoice_prefix ?? "RBEE"}-${String(sequence).padStart(4, "0")}`;
  invoice.hosted_invoice_url = `${standIn.origin}/i/${invoice.id}`;
  invoice.invoice_pdf = `${standIn.origin}/i/${invoice.id}/pdf`;
}

export type NewLine = {
  amount: number;
  description: string | null;
  price: Stripe.Price;
  quantity: number;
  item: Stripe.SubscriptionItem | null;
  proration: boolean;
  period: { start: number; end: number };
};

/** One line of an invoice. A line for a subscription item refers to it. */
export function newInvoiceLine(invoice: Stripe.Invoice, input: NewLine): Stripe.InvoiceLineItem {
  const { item, price } = input;
  const proration_details = { credited_items: null };
  return {
    id: newId("il"),
    object: "line_item",
    amount: input.amount,
    currency: invoice.currency,
    description: input.description,
    discount_amounts: [],
    discountable: true,
    discounts: [],
    invoice: invoice.id,
    livemode: false,
    metadata: {},
    parent: item
      ? {
          invoice_item_details: null,
          subscription_item_details: {
            invoice_item: null,
            proration: input.proration,
            proration_details,
            subscription: item.subscription,
            subscription_item: item.id,
          },
          type: "subscription_item_details",
        }
      : {
          invoice_item_details: { invoice_item: newId("ii"), proration: false, proration_details, subscription: null },
          subscription_item_details: null,
          type: "invoice_item_details",
        },
    period: input.period,
    pretax_credit_amounts: [],
    pricing: {
      price_details: { price: price.id, product: typeof price.product === "string" ? price.product : price.product.id },
      type: "price_details",
      unit_amount_decimal: price.unit_amount_decimal,
    },
    quantity: input.quantity,
    quantity_decimal: null,
    subscription: item?.subscription ?? null,
    subtotal: input.amount,
    taxes: [],
  };
}

/** The link from an invoice to a payment, or to the record of one outside Stripe. A charge has no invoice field. */
export const newInvoicePayment = (
  invoice: Stripe.Invoice,
  payment: Stripe.InvoicePayment.Payment,
  created: number,
): Stripe.InvoicePayment => ({
  id: newId("inpay"),
  object: "invoice_payment",
  amount_paid: null,
  amount_requested: invoice.amount_due,
  created,
  currency: invoice.currency,
  invoice: invoice.id,
  is_default: true,
  livemode: false,
  payment,
  status: "open",
  status_transitions: { canceled_at: null, paid_at: null },
});
