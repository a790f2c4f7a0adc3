import type Stripe from "stripe";
import { find, inactive, refused } from "../api-error.ts";
import { amountOf, planOf, refuseOtherCurrency } from "../objects/catalog.ts";
import type { NewLine } from "../objects/invoice.ts";
import { emit, type StandIn } from "../stand-in.ts";
import { discountsOf } from "./discount.ts";
import { collectInvoice, draftInvoice, finalizeInvoice, type InvoiceInput } from "./invoicing.ts";
import { chargeOutcome, idOf, type Outcome } from "./payment.ts";
import { beginPeriod, renewal } from "./renewal.ts";
import { periodEnd } from "./subscription-start.ts";
import { changeSubscription, endSubscription } from "./subscription-status.ts";

export type ProrationBehavior = "create_prorations" | "always_invoice" | "none";
export type ItemChange = { item: Stripe.SubscriptionItem; price: Stripe.Price; quantity: number };

/** Throws `ApiError` for a subscription that has ended, because it can no longer change. */
export function refuseEnded(subscription: Stripe.Subscription): void {
  if (subscription.status === "canceled") {
    throw refused("A canceled subscription can only update its cancellation_details and metadata.");
  }
}

/** The item with this id, or the subscription's only item. Throws `ApiError`. */
export function itemOf(subscription: Stripe.Subscription, id: string | undefined): Stripe.SubscriptionItem {
  const item = subscription.items.data.find((each) => id === undefined || each.id === id);
  if (!item) throw refused(`No such subscription item: '${id}'`, "resource_missing", "items[0][id]");
  return item;
}

/** The changes of items that a request names: each by its id, with a price and a quantity. Throws `ApiError`. */
export const itemChanges = (
  standIn: StandIn,
  subscription: Stripe.Subscription,
  items: readonly { id?: string | undefined; price?: string | undefined; quantity?: number | undefined }[] = [],
): ItemChange[] =>
  items.map(({ id, price, quantity }) => {
    const item = itemOf(subscription, id);
    const wanted = price ? find(standIn.state.prices, "price", price, "items[0][price]") : item.price;
    if (!wanted.active && wanted.id !== item.price.id) throw inactive("items[0][price]");
    return { item, price: wanted, quantity: quantity ?? item.quantity ?? 1 };
  });

/** Sets prices and quantities of a subscription. Call it inside `changeSubscription`. */
export function applyItemChanges(
  standIn: StandIn,
  subscription: Stripe.Subscription,
  changes: readonly ItemChange[],
): void {
  for (const { item, price, quantity } of changes) {
    if (price.type !== "recurring") throw refused("The price must be recurring.", undefined, "items[0][price]");
    refuseOtherCurrency(standIn, price, subscription.currency, "items[0][price]");
    if (quantity < 0) throw refused("Invalid quantity.", "parameter_invalid_integer", "items[0][quantity]");
    const newInterval =
      price.recurring?.interval !== item.price.recurring?.interval ||
      price.recurring?.interval_count !== item.price.recurring?.interval_count;
    item.price = price;
    item.plan = planOf(price);
    item.quantity = quantity;
    if (newInterval && subscription.status !== "trialing") {
      subscription.billing_cycle_anchor = item.current_period_start = standIn.now();
      item.current_period_end = periodEnd(price, standIn.now(), standIn.now());
    }
  }
}

/** The cost or credit of a change for the rest of the period. During a trial it is zero. */
export function prorationLines(
  standIn: StandIn,
  subscription: Stripe.Subscription,
  changes: readonly ItemChange[],
): NewLine[] {
  if (subscription.status === "trialing") return [];
  const now = standIn.now();
  return changes.flatMap(({ item, price, quantity }) => {
    const { current_period_start: start, current_period_end: end } = item;
    const left = Math.min(Math.max((end - now) / (end - start), 0), 1);
    const share = (amount: number): number => Math.round(amount * left);
    const period = { start: now, end };
    const line = { item, proration: true, period };
    const before = item.quantity ?? 1;
    const credit = share(amountOf(standIn, item.price, before, subscription.currency));
    const cost = share(amountOf(standIn, price, quantity, subscription.currency));
    if (credit === cost && price.id === item.price.id) return [];
    const unused = `Unused time on ${before} × ${item.price.nickname ?? item.price.id}`;
    const remaining = `Remaining time on ${quantity} × ${price.nickname ?? price.id}`;
    return [
      ...(credit === 0 ? [] : [{ ...line, amount: -credit, description: unused, price: item.price, quantity: before }]),
      ...(cost === 0 ? [] : [{ ...line, amount: cost, description: remaining, price, quantity }]),
    ];
  });
}

/** The credit for the time that is left in the period, one line an item. During a trial there is none. */
export function unusedTime(standIn: StandIn, subscription: Stripe.Subscription): NewLine[] {
  const all = subscription.items.data.map((item) => ({ item, price: item.price, quantity: 0 }));
  return prorationLines(standIn, subscription, all);
}

/** The invoice that bills prorations at once. */
export const prorationInvoice = (
  standIn: StandIn,
  subscription: Stripe.Subscription,
  lines: NewLine[],
): InvoiceInput => ({
  customer: idOf(subscription.customer) ?? "",
  currency: subscription.currency,
  subscription,
  billing_reason: "subscription_update",
  period: { start: standIn.now(), end: standIn.now() },
  automatic_tax: subscription.automatic_tax.enabled,
  lines,
  discounts: discountsOf(subscription),
});

/** Bills prorations, at once or with the next invoice. */
export function billProrations(
  standIn: StandIn,
  subscription: Stripe.Subscription,
  lines: NewLine[],
  behavior: ProrationBehavior,
): void {
  if (lines.length === 0 || behavior === "none") return;
  if (behavior === "create_prorations") {
    const waiting = lines.map(({ amount, description, quantity }) => ({
      amount,
      description: description ?? "",
      quantity,
    }));
    standIn.state.prorations[subscription.id] = [...(standIn.state.prorations[subscription.id] ?? []), ...waiting];
    return;
  }
  billNow(standIn, prorationInvoice(standIn, subscription, lines));
}

/** Makes an invoice, finalizes it and collects it at once. */
export function billNow(standIn: StandIn, input: InvoiceInput, outcome?: Outcome): void {
  const invoice = draftInvoice(standIn, input);
  finalizeInvoice(standIn, invoice);
  const isFree = invoice.amount_due === 0;
  collectInvoice(standIn, invoice, outcome ?? (isFree ? "succeeded" : chargeOutcome(standIn, input.customer)));
}

/** Cancels at the end of the period, or takes that back. */
export function setCancelAtPeriodEnd(standIn: StandIn, subscription: Stripe.Subscription, cancel: boolean): void {
  refuseEnded(subscription);
  changeSubscription(standIn, subscription, (each) => {
    each.cancel_at_period_end = cancel;
    each.cancel_at = cancel ? currentPeriodEnd(each) : null;
    each.canceled_at = cancel ? standIn.now() : null;
    each.cancellation_details = {
      comment: null,
      feedback: null,
      feedback_option: null,
      reason: cancel ? "cancellation_requested" : null,
    };
  });
}

/**
 * Changes the quantity of the only item, like the portal. An increase is billed at once, a decrease is credited on the
 * next invoice.
 */
export function setQuantity(
  standIn: StandIn,
  subscription: Stripe.Subscription,
  quantity: number,
  price?: Stripe.Price,
): void {
  refuseEnded(subscription);
  const item = itemOf(subscription, undefined);
  const changes = [{ item, price: price ?? item.price, quantity }];
  const lines = prorationLines(standIn, subscription, changes);
  changeSubscription(standIn, subscription, (each) => applyItemChanges(standIn, each, changes));
  billProrations(standIn, subscription, lines, "always_invoice");
}

/**
 * Pauses the collection of a subscription's invoices, or takes that back (null). Its status does not change, and its
 * periods go on.
 */
export function pauseCollection(
  standIn: StandIn,
  subscription: Stripe.Subscription,
  pause: Stripe.Subscription.PauseCollection | null,
): void {
  refuseEnded(subscription);
  changeSubscription(standIn, subscription, (each) => {
    each.pause_collection = pause;
  });
}

/**
 * Pauses a subscription (status `paused`) or resumes it, with the events for that. If its period has ended meanwhile,
 * a new one begins now and is billed; without a payment it stays paused.
 */
export function setPaused(standIn: StandIn, subscription: Stripe.Subscription, paused: boolean): void {
  refuseEnded(subscription);
  if ((subscription.status === "paused") === paused) throw refused(`The subscription is ${subscription.status}.`);
  if (!paused && currentPeriodEnd(subscription) <= standIn.now()) {
    const outcome = chargeOutcome(standIn, idOf(subscription.customer));
    if (outcome === "failed") throw refused("Your card was declined.", "card_declined");
    subscription.status = "active";
    restartPeriod(standIn, subscription, outcome);
  } else {
    changeSubscription(standIn, subscription, (each) => {
      each.status = paused ? "paused" : "active";
    });
  }
  emit(standIn, paused ? "customer.subscription.paused" : "customer.subscription.resumed", subscription);
}

/** Begins a new period now and bills it at once. */
function restartPeriod(standIn: StandIn, subscription: Stripe.Subscription, outcome?: Outcome): void {
  const begun = subscription.items.data[0]?.current_period_start ?? standIn.now();
  changeSubscription(standIn, subscription, (each) => {
    endPeriodNow(each, standIn.now());
    beginPeriod(each);
  });
  const input = { ...renewal(standIn, subscription, begun), billing_reason: "subscription_update" };
  delete standIn.state.prorations[subscription.id];
  billNow(standIn, input, outcome);
}

function endPeriodNow(subscription: Stripe.Subscription, now: number): void {
  subscription.billing_cycle_anchor = now;
  if (subscription.status === "trialing") subscription.trial_end = now;
  for (const item of subscription.items.data) item.current_period_end = now;
}

/** Ends a trial now: the first period begins and is billed at once. Throws `ApiError` unless it is in a trial. */
export function endTrialNow(standIn: StandIn, subscription: Stripe.Subscription): void {
  refuseEnded(subscription);
  if (subscription.status !== "trialing") throw refused("The subscription is not in a trial.");
  restartPeriod(standIn, subscription);
}

/**
 * Cancels a subscription at once. `prorate` credits the unused time, with the next invoice of the customer; with
 * `invoiceNow` at once. A negative total becomes the customer's credit. Throws `ApiError` if it has ended.
 */
export function cancelNow(
  standIn: StandIn,
  subscription: Stripe.Subscription,
  { prorate = false, invoiceNow = false }: { prorate?: boolean; invoiceNow?: boolean } = {},
): void {
  if (subscription.status === "canceled") {
    throw refused(`No such subscription: '${subscription.id}'`, "resource_missing", "id");
  }
  const lines = prorate ? unusedTime(standIn, subscription) : [];
  endSubscription(standIn, subscription, "cancellation_requested");
  if (!invoiceNow) {
    billProrations(standIn, subscription, lines, "create_prorations");
    return;
  }
  const waiting = renewal(standIn, subscription, standIn.now()).lines.filter(({ proration }) => proration);
  delete standIn.state.prorations[subscription.id];
  billProrations(standIn, subscription, [...waiting, ...lines], "always_invoice");
}

/** The end of the current period. In the current API the items have it, not the subscription. */
export const currentPeriodEnd = (subscription: Stripe.Subscription): number =>
  Math.max(...subscription.items.data.map((item) => item.current_period_end));
