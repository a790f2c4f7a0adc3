import type Stripe from "stripe";
import { amountsOf, type BilledSubscription, idOf, oneTimePayment, subscriptionPayments } from "./invoice.ts";
import { type Payment, type PaymentState, UNCOUNTED } from "./payment.ts";

/** A charge with its refunds and disputes. */
export type ChargeHistory = {
  charge: Pick<Stripe.Charge, "id" | "payment_intent" | "livemode">;
  refunds: readonly Stripe.Refund[];
  disputes: readonly Stripe.Dispute[];
};

/** What Stripe has about the money behind a license. */
export type MoneySources = {
  /** The subscription; null for a one-time purchase. */
  subscription: BilledSubscription | null;
  /** The checkout session of a one-time purchase. */
  session: Stripe.Checkout.Session | null;
  /** All its invoices, with `payments` expanded. */
  invoices: readonly Stripe.Invoice[];
  charges: readonly ChargeHistory[];
  creditNotes: readonly Stripe.CreditNote[];
};

/**
 * The rows of all money behind a license. It depends on nothing but `sources`, and on `known` rows for payments that
 * `sources` no longer has, such as those of an earlier subscription.
 */
export function paymentsOf(sources: MoneySources, known: readonly Payment[] = []): Payment[] {
  const paid = [
    ...(sources.subscription ? subscriptionPayments(sources.subscription, sources.invoices) : []),
    ...sources.invoices
      .filter(({ parent, status }) => parent?.subscription_details == null && status !== "draft")
      .map((invoice) => oneTimePayment(invoice, sources.session)),
  ];
  if (paid.length === 0 && sources.session) paid.push(...sessionPayments(sources.session));
  const all = [...paid, ...known.filter((old) => paid.every(({ id }) => id !== old.id))];
  return [
    ...paid,
    ...sources.charges.flatMap((history) => reversalsOf(history, all)),
    ...sources.creditNotes.map((note) => creditNotePayment(note, all)),
  ];
}

/** The row of a paid one-time checkout without an invoice. */
const sessionPayments = (session: Stripe.Checkout.Session): Payment[] =>
  session.mode === "payment" && session.status === "complete" && session.payment_status !== "unpaid"
    ? [sessionPayment(session)]
    : [];

/**
 * The row of a paid sale that no license can be made of. Its id is the session's, so the rows of the license replace it
 * if there is one later.
 */
export const heldPayment = (session: Stripe.Checkout.Session): Payment => ({
  ...sessionPayment(session),
  state: "held",
});

function sessionPayment(session: Stripe.Checkout.Session): Payment {
  const total = session.amount_total ?? 0;
  const tax = session.total_details?.amount_tax ?? 0;
  const discount = session.total_details?.amount_discount ?? 0;
  return {
    ...UNCOUNTED,
    id: session.id,
    kind: "purchase",
    state: "paid",
    subtotal: total - tax + discount,
    discount,
    tax,
    total,
    currency: session.currency ?? "",
    at: session.created,
    livemode: session.livemode,
    checkout_session_id: session.id,
    subscription_id: idOf(session.subscription),
    payment_intent_id: idOf(session.payment_intent),
    counted: total,
    counted_tax: tax,
    is_paid: true,
  };
}

/** The rows of a charge's refunds and disputes, each with its share of the tax that was paid. */
function reversalsOf({ charge, refunds, disputes }: ChargeHistory, paid: readonly Payment[]): Payment[] {
  const intent = idOf(charge.payment_intent);
  const reversed = intent === null ? undefined : paid.find((row) => row.payment_intent_id === intent && row.is_paid);
  const about = {
    ...UNCOUNTED,
    discount: 0,
    livemode: charge.livemode,
    payment_intent_id: intent,
    charge_id: charge.id,
    reverses: reversed?.id ?? null,
    subscription_id: reversed?.subscription_id ?? null,
  };
  const rows = [
    ...refunds.map((refund) => ({ ...about, ...moneyOf(refund), kind: "refund" as const, state: refundState(refund) })),
    ...disputes.map((one) => ({ ...about, ...moneyOf(one), kind: "dispute" as const, state: disputeState(one) })),
  ].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  const taxWithin = taxShare(reversed);
  let back = 0;
  return rows.map((row): Payment => {
    const counts = TAKES_BACK.includes(row.state);
    const tax = taxWithin(back + row.total) - taxWithin(back);
    if (counts) back += row.total;
    const counted = counts ? { counted: -row.total, counted_tax: -tax } : {};
    return { ...row, subtotal: row.total - tax, tax, ...counted };
  });
}

/** The states in which a refund or dispute has taken the money. */
const TAKES_BACK: readonly PaymentState[] = ["pending", "succeeded", "disputed", "lost"];

const moneyOf = ({ id, amount, currency, created }: Stripe.Refund | Stripe.Dispute) => ({
  id,
  total: amount,
  currency,
  at: created,
});

/** The tax in the first so many units of a payment, so that the shares of several refunds add up to its tax. */
const taxShare =
  (paid: Pick<Payment, "tax" | "total"> | undefined) =>
  (amount: number): number =>
    paid === undefined || paid.total <= 0 ? 0 : Math.round((paid.tax * Math.min(amount, paid.total)) / paid.total);

function refundState({ status }: Pick<Stripe.Refund, "status">): PaymentState {
  switch (status) {
    case "succeeded":
      return "succeeded";
    case "failed":
      return "failed";
    case "canceled":
      return "canceled";
    default:
      return "pending";
  }
}

/** A dispute that is open takes the money until it is won. An inquiry takes nothing. */
function disputeState({ status }: Pick<Stripe.Dispute, "status">): PaymentState {
  switch (status) {
    case "won":
    case "prevented":
      return "won";
    case "lost":
      return "lost";
    case "needs_response":
    case "under_review":
      return "disputed";
    default:
      return "inquiry";
  }
}

/**
 * The row of a credit note. It counts without the refunds that belong to it, because they have rows of their own, and
 * only if its invoice is paid.
 */
function creditNotePayment(note: Stripe.CreditNote, paid: readonly Payment[]): Payment {
  const invoice = paid.find(({ id }) => id === idOf(note.invoice));
  const refunded = note.refunds.reduce((sum, { amount_refunded }) => sum + amount_refunded, 0);
  const amounts = amountsOf({
    total: note.total,
    total_taxes: note.total_taxes,
    total_discount_amounts: note.discount_amounts,
  });
  const counted = note.status === "issued" && invoice?.is_paid ? note.total - refunded : 0;
  return {
    ...UNCOUNTED,
    ...amounts,
    id: note.id,
    kind: "credit_note",
    state: note.status === "void" ? "void" : "issued",
    currency: note.currency,
    invoice_number: note.number,
    invoice_url: note.pdf,
    at: note.created,
    livemode: note.livemode,
    subscription_id: invoice?.subscription_id ?? null,
    reverses: idOf(note.invoice),
    counted: 0 - counted,
    counted_tax: counted === 0 ? 0 : 0 - Math.round((amounts.tax * counted) / note.total),
  };
}
