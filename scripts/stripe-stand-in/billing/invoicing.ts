import type Stripe from "stripe";
import { find, refused } from "../api-error.ts";
import { liveCustomer } from "../objects/customer.ts";
import { issueInvoice, type NewLine, newInvoice, newInvoicePayment } from "../objects/invoice.ts";
import { emit, type StandIn } from "../stand-in.ts";
import { newId } from "../state.ts";
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
export function collectInvoice(
  standIn: StandIn,
  invoice: Stripe.Invoice,
  outcome: Outcome,
  method?: Stripe.PaymentMethod,
): void {
  refuseUnless(invoice, ["open", "uncollectible"]);
  if (invoice.amount_due === 0) {
    paid(standIn, invoice, null);
    return;
  }
  const link = linkOf(standIn, invoice) ?? startLink(standIn, invoice);
  const payment = paymentById(standIn, idOf(link.payment.payment_intent) ?? "");
  attempt(standIn, payment, outcome, method);
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

/** Marks an invoice as paid. `link` is its payment, or null if there was nothing to pay. */
function paid(
  standIn: StandIn,
  invoice: Stripe.Invoice,
  link: Stripe.InvoicePayment | null,
  isOutOfBand = false,
): void {
  const now = standIn.now();
  invoice.status = "paid";
  delete invoice.status_details;
  invoice.amount_paid = invoice.amount_due;
  invoice.amount_remaining = 0;
  stopCollecting(invoice);
  invoice.status_transitions.paid_at = now;
  emit(standIn, "invoice.paid", invoice);
  if (!isOutOfBand) emit(standIn, "invoice.payment_succeeded", invoice);
  if (link) {
    link.status = "paid";
    link.amount_paid = invoice.amount_paid;
    link.status_transitions.paid_at = now;
    emit(standIn, "invoice_payment.paid", link);
  }
  const subscription = subscriptionOf(standIn, invoice);
  if (subscription) afterInvoicePaid(standIn, subscription);
}

/** Marks an open invoice as paid after a credit note has reduced its amount to zero. */
export const settleWithoutPayment = (standIn: StandIn, invoice: Stripe.Invoice): void => paid(standIn, invoice, null);

/**
 * Marks an invoice as paid outside Stripe. There is no charge: its payment is a payment record, and the begun payment
 * is canceled. Throws `ApiError` if the invoice cannot be paid any more.
 */
export function payOutOfBand(standIn: StandIn, invoice: Stripe.Invoice): void {
  finalizeInvoice(standIn, invoice);
  refuseUnless(invoice, ["open", "uncollectible"]);
  cancelPayment(standIn, invoice);
  const link = newInvoicePayment(invoice, { type: "payment_record", payment_record: newId("pr") }, standIn.now());
  standIn.state.invoice_payments[link.id] = link;
  paid(standIn, invoice, link, true);
}

/** The payment that an invoice does not need any more is canceled. */
function cancelPayment(standIn: StandIn, invoice: Stripe.Invoice): void {
  const link = linkOf(standIn, invoice);
  const payment = standIn.state.payment_intents[idOf(link?.payment.payment_intent) ?? ""];
  if (!link || !payment || payment.status === "succeeded") return;
  link.status = "canceled";
  link.is_default = false;
  link.status_transitions.canceled_at = payment.canceled_at = standIn.now();
  payment.status = "canceled";
  payment.cancellation_reason = "void_invoice";
  emit(standIn, "payment_intent.canceled", payment);
}

/**
 * Marks an open invoice as uncollectible. A past-due subscription becomes active if this is its last invoice. Throws
 * `ApiError` unless it is open.
 */
export function forgiveInvoice(standIn: StandIn, invoice: Stripe.Invoice): void {
  markUncollectible(standIn, invoice, "user_forgiven");
  const subscription = subscriptionOf(standIn, invoice);
  if (subscription?.latest_invoice === invoice.id) afterInvoicePaid(standIn, subscription);
}

/** Marks an open invoice as uncollectible, for a reason of Stripe's. Throws `ApiError` unless it is open. */
export function markUncollectible(
  standIn: StandIn,
  invoice: Stripe.Invoice,
  reason: "user_forgiven" | "subscription_paused",
): void {
  refuseUnless(invoice, ["open"]);
  invoice.status = "uncollectible";
  invoice.status_details = { uncollectible: { reason } };
  stopCollecting(invoice);
  invoice.status_transitions.marked_uncollectible_at = standIn.now();
  emit(standIn, "invoice.marked_uncollectible", invoice);
}

/** Voids an invoice on the merchant's request. Throws `ApiError` for a draft, a paid or a void invoice. */
export function voidByMerchant(standIn: StandIn, invoice: Stripe.Invoice): void {
  refuseUnless(invoice, ["open", "uncollectible"]);
  voidInvoice(standIn, invoice);
  const subscription = subscriptionOf(standIn, invoice);
  if (!subscription) return;
  const last = Object.values(standIn.state.invoices).findLast(
    (each) =>
      subscriptionOf(standIn, each)?.id === subscription.id && each.status !== "void" && each.status !== "draft",
  );
  if (last?.status === "paid" || last?.status === "uncollectible") afterInvoicePaid(standIn, subscription);
}

function refuseUnless(invoice: Stripe.Invoice, allowed: readonly string[]): void {
  if (allowed.includes(invoice.status ?? "")) return;
  throw refused(`Invoice ${invoice.id} is ${invoice.status}. This is possible only for: ${allowed.join(", ")}.`);
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
  delete invoice.status_details;
  stopCollecting(invoice);
  cancelPayment(standIn, invoice);
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
  const link = newInvoicePayment(invoice, { type: "payment_intent", payment_intent: payment.id }, standIn.now());
  standIn.state.invoice_payments[link.id] = link;
  return link;
}

/** The payment of an invoice through Stripe, or undefined if none was begun. */
export const linkOf = (standIn: StandIn, invoice: Stripe.Invoice): Stripe.InvoicePayment | undefined =>
  Object.values(standIn.state.invoice_payments).find(
    (link) => link.invoice === invoice.id && link.payment.type === "payment_intent",
  );

/** The subscription of an invoice, from the field that the current API uses. */
export function subscriptionOf(standIn: StandIn, invoice: Stripe.Invoice): Stripe.Subscription | null {
  const id = idOf(invoice.parent?.subscription_details?.subscription);
  return id === null ? null : find(standIn.state.subscriptions, "subscription", id);
}
