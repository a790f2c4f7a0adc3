import type Stripe from "stripe";
import { DAY, type UnixSeconds } from "../../lib/time.ts";
import { TRIAL_REFUSED } from "../licensing/trial/mark.ts";
import { type Payment, type PaymentKind, type PaymentState, UNCOUNTED } from "./payment.ts";

/** The id of an object that Stripe gives either as an id or whole. */
export const idOf = (reference: string | { id: string } | null | undefined): string | null =>
  typeof reference === "string" ? reference : (reference?.id ?? null);

const sumOf = (amounts: readonly { amount: number }[] | null | undefined): number =>
  (amounts ?? []).reduce((sum, { amount }) => sum + amount, 0);

/**
 * The amounts of an invoice. The subtotal is calculated from the others, because Stripe's own subtotal already has the
 * discounts of single lines, and inclusive tax.
 */
export function amountsOf({
  total,
  total_taxes,
  total_discount_amounts,
}: Pick<Stripe.Invoice, "total" | "total_taxes" | "total_discount_amounts">): Pick<
  Payment,
  "subtotal" | "discount" | "tax" | "total"
> {
  const discount = sumOf(total_discount_amounts);
  const tax = sumOf(total_taxes);
  return { subtotal: total - tax + discount, discount, tax, total };
}

/** The subscription of an invoice, or null. */
const subscriptionOf = ({ parent }: Stripe.Invoice): string | null => idOf(parent?.subscription_details?.subscription);

/** Whether an invoice was paid outside of Stripe: by a payment record, which has no charge. */
const isPaidOutside = ({ payments, amount_paid_off_stripe }: Stripe.Invoice): boolean =>
  (amount_paid_off_stripe ?? 0) > 0 ||
  (payments?.data ?? []).some(({ status, payment }) => status === "paid" && payment.type === "payment_record");

function stateOf(invoice: Stripe.Invoice): PaymentState {
  switch (invoice.status) {
    case "paid":
      return isPaidOutside(invoice) ? "paid_outside" : "paid";
    case "uncollectible":
      return "uncollectible";
    case "void":
      return "void";
    default:
      return "open";
  }
}

/** The payment intent that paid an invoice or is to pay it, or null. Needs `payments` to be expanded. */
function paymentIntentOf({ payments }: Stripe.Invoice): string | null {
  const all = payments?.data ?? [];
  const one = all.find(({ status }) => status === "paid") ?? all.find(({ is_default }) => is_default) ?? all[0];
  return idOf(one?.payment.payment_intent);
}

type Line = Stripe.InvoiceLineItem;

const isProration = ({ parent }: Line): boolean =>
  (parent?.subscription_item_details ?? parent?.invoice_item_details)?.proration === true;

/** The lines for a whole period of a subscription. An invoice with such a line begins a period. */
const baseLines = (invoice: Stripe.Invoice): Line[] =>
  invoice.lines.data.filter((line) => line.parent?.subscription_item_details != null && !isProration(line));

/** The time that these lines pay for. An invoice's own period is the one before. */
function periodOf(lines: readonly Line[]): Pick<Payment, "period_start" | "period_end"> {
  if (lines.length === 0) return { period_start: null, period_end: null };
  return {
    period_start: Math.min(...lines.map(({ period }) => period.start)),
    period_end: Math.max(...lines.map(({ period }) => period.end)),
  };
}

/** The row of an invoice, but for its place in a subscription: `kind` and all that follows from other invoices. */
function rowOf(invoice: Stripe.Invoice, kind: PaymentKind): Payment {
  const state = stateOf(invoice);
  const isPaid = state === "paid" || state === "paid_outside";
  const amounts = amountsOf(invoice);
  const base = baseLines(invoice);
  const subscription = subscriptionOf(invoice);
  const { paid_at, finalized_at } = invoice.status_transitions;
  return {
    ...UNCOUNTED,
    ...amounts,
    ...(subscription === null ? {} : periodOf(base.length > 0 ? base : invoice.lines.data)),
    id: invoice.id,
    kind,
    state,
    currency: invoice.currency,
    invoice_number: invoice.number,
    invoice_url: invoice.hosted_invoice_url ?? null,
    at: (isPaid ? paid_at : null) ?? finalized_at ?? invoice.created,
    livemode: invoice.livemode,
    subscription_id: subscription,
    payment_intent_id: paymentIntentOf(invoice),
    counted: isPaid ? amounts.total : 0,
    counted_tax: isPaid ? amounts.tax : 0,
    is_paid: isPaid,
  };
}

/** A subscription, as far as its invoices depend on it. */
export type BilledSubscription = Pick<
  Stripe.Subscription,
  "id" | "status" | "ended_at" | "items" | "pause_collection" | "metadata"
>;

/** The statuses in which a subscription is still billed. */
const RUNNING: readonly string[] = ["active", "trialing", "past_due"];

/**
 * The rows of all invoices of a subscription. Drafts have none, because Stripe may still change or delete them. The
 * first invoice of a trial is a `trial`, that of the first period to be paid the `purchase`, that of each later period
 * a `renewal`, and any other an `update`. A trial that was refused is none: its buyer paid at once.
 */
export function subscriptionPayments(subscription: BilledSubscription, invoices: readonly Stripe.Invoice[]): Payment[] {
  const all = invoices
    .filter((one) => one.status !== "draft" && subscriptionOf(one) === subscription.id)
    .sort((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1));
  const isTrialRefused = subscription.metadata[TRIAL_REFUSED] !== undefined;
  const rows: Payment[] = [];
  let isBought = false;
  for (const invoice of all) {
    const beginsPeriod = baseLines(invoice).length > 0;
    const { subtotal } = amountsOf(invoice);
    const isDropped = invoice.status === "void" || invoice.status === "uncollectible";
    const isFree = invoice.billing_reason === "subscription_create" && subtotal === 0;
    if (!beginsPeriod || (isFree && isTrialRefused)) rows.push(rowOf(invoice, "update"));
    else if (isFree) rows.push(rowOf(invoice, "trial"));
    else if (!isBought) rows.push(rowOf(invoice, "purchase"));
    else rows.push(rowOf(invoice, "renewal"));
    if (beginsPeriod && subtotal > 0 && !isDropped) isBought = true;
  }
  const begun = all.filter((invoice) => baseLines(invoice).length > 0).map(({ id }) => id);
  withRecurring(subscription, rows, begun, new Map(all.map((invoice) => [invoice.id, invoice])));
  markConversion(rows);
  return rows;
}

/** Marks the purchase that ended a trial, once it is paid. */
function markConversion(rows: Payment[]): void {
  if (!rows.some(({ kind }) => kind === "trial")) return;
  const first = rows.find(({ kind, is_paid }) => kind === "purchase" && is_paid);
  if (first) first.converts_trial = true;
}

/** Sets what each row adds to the monthly recurring revenue. `begun`: the ids of the rows that begin a period. */
function withRecurring(
  subscription: BilledSubscription,
  rows: readonly Payment[],
  begun: readonly string[],
  invoices: ReadonlyMap<string, Stripe.Invoice>,
): void {
  const bases = rows.filter(({ id }) => begun.includes(id));
  for (const [index, base] of bases.entries()) {
    const invoice = invoices.get(base.id);
    const { period_start: from, period_end: to } = base;
    if (!invoice || from === null || to === null) continue;
    const until = bases[index + 1]?.period_start ?? endOfLast(subscription, from, to);
    const months = monthsOf(to - from);
    // A first payment that is still open may fail. A renewal that is open is one of a paying customer.
    if (base.is_paid || (base.kind === "renewal" && base.state === "open")) {
      base.recurring = Math.round((netFactor(invoice) * sumOf(baseLines(invoice))) / months);
    }
    base.recurring_until = base.recurring === 0 ? null : until;
    for (const row of rows) {
      const start = row.period_start;
      if (bases.includes(row) || start === null || start < from || (until !== null && start >= until)) continue;
      const update = invoices.get(row.id);
      if (!update || !row.is_paid || base.recurring === 0) continue;
      row.recurring = Math.round((netFactor(update) * wholeAmounts(update, subscription, to - from)) / months);
      row.recurring_until = row.recurring === 0 ? null : until;
    }
  }
  const last = bases.findLast(({ recurring }) => recurring !== 0);
  if (last && last.recurring_until !== null) last.churns = true;
}

/** The end of the recurring revenue of the last period: null while the subscription goes on and is collected. */
function endOfLast(
  { status, ended_at, pause_collection }: BilledSubscription,
  from: UnixSeconds,
  to: UnixSeconds,
): UnixSeconds | null {
  if (ended_at !== null) return Math.max(from, ended_at);
  return RUNNING.includes(status) && pause_collection === null ? null : to;
}

/** The months of a period of this length in seconds, at least one. */
const monthsOf = (seconds: number): number => Math.max(1, Math.round(seconds / (30.44 * DAY)));

/** The share of the lines' amounts that is left without tax and discounts. */
function netFactor(invoice: Stripe.Invoice): number {
  const lines = sumOf(invoice.lines.data);
  return lines === 0 ? 1 : (invoice.total - sumOf(invoice.total_taxes)) / lines;
}

/**
 * The amounts of proration lines as if they were for a whole period of `length` seconds. At the subscription's current
 * price they are exact; a line of another price is scaled up by its time.
 */
function wholeAmounts(invoice: Stripe.Invoice, { items }: BilledSubscription, length: number): number {
  return invoice.lines.data.reduce((sum, line) => {
    const priceId = idOf(line.pricing?.price_details?.price);
    const price = items.data.find((item) => item.price.id === priceId)?.price;
    const seconds = line.period.end - line.period.start;
    if (line.amount === 0 || seconds <= 0) return sum;
    const unit = price?.currency === invoice.currency ? price.unit_amount : amountIn(price, invoice.currency);
    if (price === undefined || unit === null || line.quantity === null) {
      return sum + (line.amount * length) / seconds;
    }
    const { divide_by = 1, round = "up" } = price.transform_quantity ?? {};
    const blocks = (round === "down" ? Math.floor : Math.ceil)(line.quantity / divide_by);
    return sum + Math.sign(line.amount) * unit * blocks;
  }, 0);
}

/** The unit amount of a price in another currency than its own, or null. */
const amountIn = (price: Stripe.Price | undefined, currency: string): number | null =>
  price?.currency_options?.[currency]?.unit_amount ?? null;

/**
 * The row of the invoice of a one-time purchase. Its checkout makes the invoice after the payment, so the invoice need
 * not name the payment. The checkout does.
 */
export function oneTimePayment(
  invoice: Stripe.Invoice,
  session: Pick<Stripe.Checkout.Session, "payment_intent"> | null,
): Payment {
  const row = rowOf(invoice, "purchase");
  const intent = idOf(session?.payment_intent);
  if (intent === null || row.payment_intent_id !== null) return row;
  return { ...row, state: row.state === "paid_outside" ? "paid" : row.state, payment_intent_id: intent };
}
