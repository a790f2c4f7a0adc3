import type Stripe from "stripe";
import { find, refused } from "../api-error.ts";
import { refuseOtherCurrency } from "../objects/catalog.ts";
import { customerDetails, reprice } from "../objects/checkout-session.ts";
import { createCustomer } from "../objects/customer.ts";
import { createPaymentMethod } from "../objects/payment-method.ts";
import { emit, type StandIn } from "../stand-in.ts";
import { percentOff, promotionByCode, redeem } from "./discount.ts";
import { collectInvoice, draftInvoice, finalizeInvoice, linkOf } from "./invoicing.ts";
import { attempt, chargeOutcome, idOf, type Outcome, startPayment } from "./payment.ts";
import { startSubscription } from "./subscription-start.ts";
import { taxOn } from "./totals.ts";

export type PayInput = {
  email: string;
  name: string | null;
  promotionCode: string | null;
  /** The buyer's choice, if the session allows one. */
  quantity: number | null;
  /** A card is charged at once, a bad card is declined, and a delayed bank debit takes days. */
  method: "card" | "bad_card" | "delayed";
  /** The number of the buyer's card, which makes its fingerprint. Null: a card of this address's own. */
  card: string | null;
  /** The currency that the page offers the buyer by their place, or null for the session's. */
  currency: string | null;
};

/** The session with this id. Throws `ApiError`. */
export const sessionById = (standIn: StandIn, id: string): Stripe.Checkout.Session =>
  find(standIn.state.checkout_sessions, "checkout.session", id);

/** Sums the session's amounts from its lines. */
export function addUp(standIn: StandIn, session: Stripe.Checkout.Session): void {
  const items = standIn.state.line_items[session.id] ?? [];
  const sum = (of: (item: Stripe.LineItem) => number): number => items.reduce((total, item) => total + of(item), 0);
  // With a trial, Stripe shows the prices of the lines but charges zero now.
  const trial = (standIn.state.checkout_inputs[session.id]?.trial_period_days ?? 0) > 0;
  session.amount_subtotal = trial ? 0 : sum((item) => item.amount_subtotal);
  session.amount_total = trial ? 0 : sum((item) => item.amount_total);
  session.total_details = {
    amount_discount: trial ? 0 : sum((item) => item.amount_discount),
    amount_shipping: 0,
    amount_tax: trial ? 0 : sum((item) => item.amount_tax),
  };
}

/** Adds tax to the lines. Stripe knows it once the buyer has entered an address. */
function addTax(standIn: StandIn, session: Stripe.Checkout.Session): void {
  if (!session.automatic_tax.enabled) return;
  for (const item of standIn.state.line_items[session.id] ?? []) {
    const tax = item.price && taxOn(standIn, item.price, item.amount_total);
    if (!tax) continue;
    item.amount_tax = tax.amount;
    if (!tax.inclusive) item.amount_total += tax.amount;
  }
}

/**
 * Completes an open session, like the buyer's click on "pay". Throws `ApiError` if the session is not open, the code is
 * wrong or the card is declined. A declined card leaves the session open.
 */
export function pay(standIn: StandIn, session: Stripe.Checkout.Session, input: PayInput): void {
  if (session.status !== "open") throw refused(`This checkout session is ${session.status}.`);
  const items = standIn.state.line_items[session.id] ?? [];
  const currency = input.currency ?? session.currency ?? "usd";
  for (const { price } of items) if (price) refuseOtherCurrency(standIn, price, currency, "currency");
  session.currency = currency;
  const promotion = input.promotionCode ? promotionByCode(standIn, input.promotionCode) : null;
  for (const item of items) {
    const { adjustable_quantity: range } = item;
    const quantity = range && input.quantity !== null ? input.quantity : (item.quantity ?? 1);
    if (range && (quantity < (range.minimum ?? 1) || quantity > (range.maximum ?? 99)))
      throw refused("Invalid quantity.");
    reprice(standIn, item, { currency, quantity, percentOff: promotion ? percentOff(standIn, promotion) : 0 });
  }
  session.discounts = promotion ? [{ coupon: null, promotion_code: promotion.id }] : [];
  addTax(standIn, session);
  addUp(standIn, session);
  const outcome = outcomeOf(standIn, input.method, idOf(session.customer));
  const method = (customer: string | null): Stripe.PaymentMethod =>
    createPaymentMethod(standIn, {
      type: outcome === "processing" ? "sepa_debit" : "card",
      owner: input.email,
      number: input.card,
      name: input.name,
      customer,
    });
  if (outcome === "failed") throw decline(standIn, session, input.email, method(null));

  session.customer_details = customerDetails(input.email, input.name);
  if (session.automatic_tax.enabled) session.automatic_tax.status = "complete";
  if (session.customer === null && session.customer_creation === "always") {
    session.customer = createCustomer(standIn, { email: input.email, name: input.name }).id;
  }
  const customer = idOf(session.customer);
  if (promotion) promotion.times_redeemed += 1;
  if (session.mode === "subscription" && customer !== null) {
    // Without a payment now, Stripe asks for a card only if the session says "always".
    const asks = session.payment_method_collection !== "if_required" || session.amount_total;
    subscribe(standIn, session, customer, promotion, outcome, asks ? method(customer) : null);
  } else if (session.amount_total) {
    buy(standIn, session, customer, promotion, outcome, method(null));
  }
  session.status = "complete";
  session.url = null;
  session.payment_status = !session.amount_total ? "no_payment_required" : outcome === "succeeded" ? "paid" : "unpaid";
  emit(standIn, "checkout.session.completed", session);
}

function outcomeOf(standIn: StandIn, method: PayInput["method"], customer: string | null): Outcome {
  switch (method) {
    case "card":
      return chargeOutcome(standIn, customer);
    case "bad_card":
      return "failed";
    case "delayed":
      return "processing";
  }
}

function subscribe(
  standIn: StandIn,
  session: Stripe.Checkout.Session,
  customer: string,
  promotion: Stripe.PromotionCode | null,
  outcome: "succeeded" | "processing",
  method: Stripe.PaymentMethod | null,
): void {
  const input = standIn.state.checkout_inputs[session.id];
  const lines = (standIn.state.line_items[session.id] ?? []).flatMap(({ price, quantity }) =>
    price ? [{ price, quantity: quantity ?? 1 }] : [],
  );
  const subscription = startSubscription(
    standIn,
    {
      customer,
      currency: session.currency ?? "usd",
      lines,
      trial_days: input?.trial_period_days ?? null,
      metadata: input?.subscription_metadata ?? {},
      description: input?.subscription_description ?? null,
      discounts: promotion ? [redeem(standIn, promotion, session.id, customer)] : [],
      automatic_tax: session.automatic_tax.enabled,
      payment_method: method?.id ?? null,
      missing_payment_method: input?.missing_payment_method ?? "create_invoice",
    },
    outcome,
  );
  session.subscription = subscription.id;
  session.invoice = subscription.latest_invoice;
}

function buy(
  standIn: StandIn,
  session: Stripe.Checkout.Session,
  customer: string | null,
  promotion: Stripe.PromotionCode | null,
  outcome: "succeeded" | "processing",
  method: Stripe.PaymentMethod,
): void {
  const input = standIn.state.checkout_inputs[session.id];
  const currency = session.currency ?? "usd";
  if (session.invoice_creation?.enabled && customer !== null) {
    const now = standIn.now();
    const period = { start: now, end: now };
    const invoice = draftInvoice(standIn, {
      customer,
      currency,
      subscription: null,
      billing_reason: "manual",
      period,
      automatic_tax: session.automatic_tax.enabled,
      lines: (standIn.state.line_items[session.id] ?? []).flatMap(
        ({ price, quantity, amount_subtotal, description }) =>
          price
            ? [
                {
                  amount: amount_subtotal,
                  description,
                  price,
                  quantity: quantity ?? 1,
                  item: null,
                  proration: false,
                  period,
                },
              ]
            : [],
      ),
      discounts: promotion ? [redeem(standIn, promotion, session.id, customer)] : [],
    });
    finalizeInvoice(standIn, invoice);
    collectInvoice(standIn, invoice, outcome, method);
    session.invoice = invoice.id;
    session.payment_intent = idOf(linkOf(standIn, invoice)?.payment.payment_intent);
    return;
  }
  const payment = startPayment(standIn, {
    amount: session.amount_total ?? 0,
    currency,
    customer,
    email: session.customer_details?.email ?? null,
    description: input?.payment_description ?? null,
    metadata: input?.payment_metadata ?? {},
  });
  session.payment_intent = payment.id;
  attempt(standIn, payment, outcome, method);
}

/** Records the failed attempt of a declined card. The session stays open for another card. */
function decline(
  standIn: StandIn,
  session: Stripe.Checkout.Session,
  email: string,
  method: Stripe.PaymentMethod,
): Error {
  if (session.mode === "payment" && session.amount_total) {
    const payment = startPayment(standIn, {
      amount: session.amount_total,
      currency: session.currency ?? "usd",
      customer: idOf(session.customer),
      email,
      description: null,
      metadata: {},
    });
    attempt(standIn, payment, "failed", method);
  }
  return refused("Your card was declined.", "card_declined");
}

/** Settles a delayed payment. Throws `ApiError` if the session does not wait for one. */
export function settleDelayed(
  standIn: StandIn,
  session: Stripe.Checkout.Session,
  outcome: "succeeded" | "failed",
): void {
  const invoice = standIn.state.invoices[idOf(session.invoice) ?? ""];
  const link = invoice && linkOf(standIn, invoice);
  const payment = standIn.state.payment_intents[idOf(link?.payment.payment_intent ?? session.payment_intent) ?? ""];
  if (payment?.status !== "processing") throw refused("This checkout session does not wait for a delayed payment.");
  if (invoice) collectInvoice(standIn, invoice, outcome);
  else attempt(standIn, payment, outcome);
  if (outcome === "succeeded") session.payment_status = "paid";
  emit(standIn, `checkout.session.async_payment_${outcome}`, session);
}

/** Expires an open session. Throws `ApiError` if it is not open. */
export function expireSession(standIn: StandIn, session: Stripe.Checkout.Session): void {
  if (session.status !== "open") {
    throw refused(`Only Checkout Sessions with a status in ["open"] can be expired. This one is ${session.status}.`);
  }
  session.status = "expired";
  session.url = null;
  emit(standIn, "checkout.session.expired", session);
}
