import type Stripe from "stripe";
import { find, refused } from "../api-error.ts";
import { liveCustomer } from "../objects/customer.ts";
import { issueInvoice, type NewLine, newInvoice, newInvoicePayment } from "../objects/invoice.ts";
import { emit, type StandIn } from "../stand-in.ts";
import { attempt, idOf, type Outcome, paymentById, startPayment } from "./payment.ts";
import { afterInvoiceFailed, afterInvoicePaid } from "./subscription-status.ts";
import { setAmountDue, totalUp } from "./totals.ts";

const DAY = 86_400;
/** The days from each failed attempt to the next. After the last, the subscription ends or becomes unpaid. */
const RETRY_AFTER_DAYS = [3, 5, 7];

export type InvoiceInput = {
  customer: string;
  currency: string;
  subscription: Stripe.Subscription | null;
  billing_reason: string;
  period: { start: number; end: number };
  automatic_tax: boolean;
  lines: NewLine[];
  /** The ids of the discounts on the whole invoice. */
  discounts: string[];
};

/** An invoice with its lines and totals that is not stored: a draft, or a preview. */
export function composeInvoice(standIn: StandIn, input: InvoiceInput): Stripe.Invoice {
  const customer = liveCustomer(standIn, input.customer);
  const invoice = newInvoice({ ...input, created: standIn.now(), customer });
  totalUp(standIn, invoice, input.lines, input.discounts);
  setAmountDue(invoice, customer.balance);
  return invoice;
}

/** Makes a draft invoice. Its balance is settled when it is finalized. */
export function draftInvoice(standIn: StandIn, input: InvoiceInput): Stripe.Invoice {
  const invoice = composeInvoice(standIn, input);
  invoice.ending_balance = null;
  standIn.state.invoices[invoice.id] = invoice;
  if (input.subscription) input.subscription.latest_invoice = invoice.id;
  emit(standIn, "invoice.created", invoice);
  return invoice;
}

/**
 * Finalizes a draft, so that it can be paid. Uses up the customer's credit; a negative total adds to it. The invoice
 * gets its number and its page.
 */
export function finalizeInvoice(standIn: StandIn, invoice: Stripe.Invoice): void {
  if (invoice.status !== "draft") return;
  const customer = liveCustomer(standIn, idOf(invoice.customer) ?? "");
  setAmountDue(invoice, customer.balance);
  setBalance(standIn, customer, invoice.ending_balance ?? 0);
  issueInvoice(standIn, invoice, customer);
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

/** Sets a customer's balance. A negative one is a credit, which the next invoice uses up. */
export function setBalance(standIn: StandIn, customer: Stripe.Customer, balance: number): void {
  const before = customer.balance;
  if (balance === before) return;
  customer.balance = balance;
  emit(standIn, "customer.updated", customer, { balance: before });
}

/** Voids an open, uncollectible or draft invoice, and gives back the credit that it used. */
export function voidInvoice(standIn: StandIn, invoice: Stripe.Invoice): void {
  if (invoice.status === "paid" || invoice.status === "void") return;
  const { starting_balance: start, ending_balance: end } = invoice;
  const customer = standIn.state.customers[idOf(invoice.customer) ?? ""];
  if (end !== null && customer && !customer.deleted) setBalance(standIn, customer, customer.balance + start - end);
  invoice.status = "void";
  stopCollecting(invoice);
  invoice.status_transitions.voided_at = standIn.now();
  emit(standIn, "invoice.voided", invoice);
}

function stopCollecting(invoice: Stripe.Invoice): void {
  invoice.next_payment_attempt = null;
  invoice.automatically_finalizes_at = null;
  invoice.auto_advance = false;
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
