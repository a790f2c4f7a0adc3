import type Stripe from "stripe";
import { find, refused } from "../api-error.ts";
import { liveCustomer } from "../objects/customer.ts";
import { type NewLine, newInvoice, newInvoiceLine, newInvoicePayment } from "../objects/invoice.ts";
import { emit, type StandIn } from "../stand-in.ts";
import { attempt, idOf, type Outcome, paymentById, startPayment } from "./payment.ts";
import { afterInvoiceFailed, afterInvoicePaid } from "./subscription-status.ts";

const DAY = 86_400;
/** The days from each failed attempt to the next. After the last, the subscription ends or becomes unpaid. */
const RETRY_AFTER_DAYS = [3, 5, 7];

export type InvoiceInput = {
  customer: string;
  currency: string;
  subscription: Stripe.Subscription | null;
  billing_reason: string;
  period: { start: number; end: number };
  lines: NewLine[];
  percentOff: number;
};

/**
 * Makes a draft invoice with its lines and totals. A negative total becomes a credit on the customer's next invoice.
 */
export function draftInvoice(standIn: StandIn, input: InvoiceInput): Stripe.Invoice {
  const customer = liveCustomer(standIn, input.customer);
  const invoice = newInvoice({ ...input, created: standIn.now(), customer });
  invoice.lines.data.push(...input.lines.map((line) => newInvoiceLine(invoice, line)));
  const subtotal = input.lines.reduce((sum, line) => sum + line.amount, 0);
  const total = subtotal - Math.round((subtotal * input.percentOff) / 100);
  const due = total + customer.balance;
  invoice.starting_balance = customer.balance;
  customer.balance = Math.min(due, 0);
  invoice.ending_balance = customer.balance;
  invoice.subtotal = invoice.subtotal_excluding_tax = subtotal;
  invoice.total = invoice.total_excluding_tax = total;
  invoice.amount_due = invoice.amount_remaining = Math.max(due, 0);
  standIn.state.invoices[invoice.id] = invoice;
  if (input.subscription) input.subscription.latest_invoice = invoice.id;
  emit(standIn, "invoice.created", invoice);
  return invoice;
}

/** Finalizes a draft, so that it can be paid. */
export function finalizeInvoice(standIn: StandIn, invoice: Stripe.Invoice): void {
  if (invoice.status !== "draft") return;
  invoice.status = "open";
  invoice.automatically_finalizes_at = null;
  invoice.effective_at = standIn.now();
  invoice.status_transitions.finalized_at = standIn.now();
  emit(standIn, "invoice.finalized", invoice);
}

/**
 * Tries to collect an open invoice and updates its subscription. An invoice over zero is paid without a payment. Throws
 * `ApiError` if the invoice is not open.
 */
export function collectInvoice(standIn: StandIn, invoice: Stripe.Invoice, outcome: Outcome): void {
  if (invoice.status !== "open") throw refused(`Invoice ${invoice.id} is ${invoice.status}, not open.`);
  if (invoice.amount_due === 0) {
    paid(standIn, invoice, null);
    return;
  }
  const link = linkOf(standIn, invoice) ?? startLink(standIn, invoice);
  const payment = paymentById(standIn, idOf(link.payment.payment_intent) ?? "");
  attempt(standIn, payment, outcome);
  invoice.attempted = true;
  if (outcome === "processing") return;
  invoice.attempt_count += 1;
  if (outcome === "succeeded") {
    paid(standIn, invoice, link);
    return;
  }
  const wait =
    invoice.billing_reason === "subscription_create" ? undefined : RETRY_AFTER_DAYS[invoice.attempt_count - 1];
  invoice.next_payment_attempt = wait === undefined ? null : standIn.now() + wait * DAY;
  emit(standIn, "invoice.payment_failed", invoice);
  emit(standIn, "invoice.updated", invoice, { attempt_count: invoice.attempt_count - 1 });
  const subscription = subscriptionOf(standIn, invoice);
  if (subscription) afterInvoiceFailed(standIn, subscription, invoice);
}

function paid(standIn: StandIn, invoice: Stripe.Invoice, link: Stripe.InvoicePayment | null): void {
  const now = standIn.now();
  invoice.status = "paid";
  invoice.amount_paid = invoice.amount_due;
  invoice.amount_remaining = 0;
  invoice.next_payment_attempt = null;
  invoice.auto_advance = false;
  invoice.status_transitions.paid_at = now;
  emit(standIn, "invoice.paid", invoice);
  emit(standIn, "invoice.payment_succeeded", invoice);
  if (link) {
    link.status = "paid";
    link.amount_paid = invoice.amount_paid;
    link.status_transitions.paid_at = now;
    emit(standIn, "invoice_payment.paid", link);
  }
  const subscription = subscriptionOf(standIn, invoice);
  if (subscription) afterInvoicePaid(standIn, subscription);
}

/** Voids an open or draft invoice. */
export function voidInvoice(standIn: StandIn, invoice: Stripe.Invoice): void {
  if (invoice.status !== "open" && invoice.status !== "draft") return;
  invoice.status = "void";
  invoice.next_payment_attempt = null;
  invoice.automatically_finalizes_at = null;
  invoice.auto_advance = false;
  invoice.status_transitions.voided_at = standIn.now();
  emit(standIn, "invoice.voided", invoice);
}

function startLink(standIn: StandIn, invoice: Stripe.Invoice): Stripe.InvoicePayment {
  const payment = startPayment(standIn, {
    amount: invoice.amount_due,
    currency: invoice.currency,
    customer: idOf(invoice.customer),
    email: invoice.customer_email,
    description: invoice.billing_reason === "subscription_create" ? "Subscription creation" : "Subscription update",
    metadata: {},
  });
  const link = newInvoicePayment(invoice, payment.id, standIn.now());
  standIn.state.invoice_payments[link.id] = link;
  return link;
}

/** The payment record of an invoice, or undefined if no payment was begun. */
export const linkOf = (standIn: StandIn, invoice: Stripe.Invoice): Stripe.InvoicePayment | undefined =>
  Object.values(standIn.state.invoice_payments).find((link) => link.invoice === invoice.id);

/** The subscription of an invoice, from the field that the current API uses. */
export function subscriptionOf(standIn: StandIn, invoice: Stripe.Invoice): Stripe.Subscription | null {
  const id = idOf(invoice.parent?.subscription_details?.subscription);
  return id === null ? null : find(standIn.state.subscriptions, "subscription", id);
}
