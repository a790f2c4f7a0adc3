import type Stripe from "stripe";
import { MailAddress } from "../../../lib/mail-address.ts";
import { planOfPrice, type SoldPlanId } from "../../licensing/plans.ts";
import { unitsOf } from "../billing-facts.ts";
import { blockOf, machinesPaidFor } from "../machines.ts";
import type { StripeLinks } from "../observation.ts";
import { idOf } from "../stripe.ts";

/** Why a paid order waits for an admin. */
export const HOLD_REASONS = [
  /** No plan has the price, or there is not exactly one item. */
  "unknown_price",
  /** The price has no amount in the session's currency. */
  "unknown_currency",
  /** The amount is not the price's. */
  "unexpected_amount",
  /** Stripe has no email address of the buyer. */
  "no_address",
  /** The license that the order was to upgrade is revoked, erased, or paid for in another way since. */
  "upgrade_impossible",
] as const;
export type HoldReason = (typeof HOLD_REASONS)[number];

/** The reason to hold an order, with the facts for an admin. */
export type Hold = { reason: HoldReason; detail: string };

/** What a session sells, as far as it can be told: for an order of a sale that did not begin here. */
type Sale = { plan: SoldPlanId; machines: number };

/** The payment of a session. `email` is in lower case; null: Stripe has no address that mail can be sent to. */
type Paid = { email: string | null; amount_total: number | null; currency: string | null };

/** The objects of Stripe's of a session. */
export type SessionLinks = StripeLinks & { checkout_session_id: string };

/** The license that a session buys, and its objects of Stripe's. */
export type Purchase = Sale & { email: string; payment: Paid; links: SessionLinks };

/** The objects of Stripe's that a license names once a session has bought it. */
export const linksOf = (session: Stripe.Checkout.Session): SessionLinks => ({
  checkout_session_id: session.id,
  stripe_customer_id: idOf(session.customer),
  stripe_subscription_id: idOf(session.subscription),
  stripe_payment_intent_id: idOf(session.payment_intent),
});

/** The decision about a checkout session. */
export type Fulfilment =
  /** `isCompleted`: the buyer has completed the payment page, and the payment is under way. */
  | { outcome: "pending"; isCompleted: boolean }
  | { outcome: "failed" }
  /** Paid, and none of ours: it sells another product. */
  | { outcome: "foreign"; reason: string }
  /** Paid, but no license can be made of it. `detail` is for an admin. `sale` null: only the order knows its plan. */
  | ({ outcome: "held"; sale: Sale | null } & Hold)
  | ({ outcome: "issue" } & Purchase);

/**
 * Decides whether a session, retrieved with its line items, buys a license. The plan is read from the line item's
 * price, never from metadata. The amount is compared in the session's currency before tax and discounts, which Stripe
 * adds later. A sale of another product, which did not begin here, is foreign. Any other paid session that cannot be
 * fulfilled is held.
 */
export function decideFulfilment(
  session: Stripe.Checkout.Session,
  livemode: boolean,
  { beganHere }: { beganHere: boolean },
): Fulfilment {
  if (session.livemode !== livemode) return { outcome: "foreign", reason: "the session is of the other mode" };
  if (session.status === "expired") return { outcome: "failed" };
  const isCompleted = session.status === "complete";
  if (!isCompleted || session.payment_status === "unpaid") return { outcome: "pending", isCompleted };
  const items = session.line_items?.data ?? [];
  const sale = saleOf(items);
  const [item] = items;
  const price = item?.price ?? null;
  const plan = price ? planOfPrice(price) : null;
  if (sale === null && !beganHere) return { outcome: "foreign", reason: `unknown price ${price?.id ?? "none"}` };
  const payment = paymentOf(session);
  const held = (reason: HoldReason, detail: string): Fulfilment => ({ outcome: "held", reason, detail, sale });
  if (items.length !== 1 || !item || !price || plan === null) {
    return held("unknown_price", `unknown price ${price?.id ?? "none"}`);
  }
  const currency = session.currency ?? item.currency;
  const unit = unitAmount(price, currency);
  if (unit === null) return held("unknown_currency", `price ${price.id} has no amount in ${currency}`);
  const quantity = item.quantity ?? 1;
  if (item.amount_subtotal !== fullPrice(price, unit, quantity) && !(isTrial(session) && item.amount_subtotal === 0)) {
    return held("unexpected_amount", `unexpected amount ${item.amount_subtotal} ${currency} for ${plan}`);
  }
  if (payment.email === null) return held("no_address", "the session has no email address");
  return {
    outcome: "issue",
    plan,
    machines: machinesPaidFor(quantity, blockOf(price)),
    email: payment.email,
    payment,
    links: linksOf(session),
  };
}

/** The first item that sells a plan. */
function saleOf(items: readonly Stripe.LineItem[]): Sale | null {
  for (const { price, quantity } of items) {
    const plan = price ? planOfPrice(price) : null;
    if (price && plan !== null) return { plan, machines: machinesPaidFor(quantity ?? 1, blockOf(price)) };
  }
  return null;
}

/** The payment of a session. An address that no mail can be sent to is none. */
export const paymentOf = (session: Stripe.Checkout.Session): Paid => ({
  email: MailAddress.safeParse(session.customer_details?.email ?? session.customer_email).data?.toLowerCase() ?? null,
  amount_total: session.amount_total,
  currency: session.currency,
});

/** Whether the one payment of a session, expanded with its charge, was given back in full. */
export const isRefunded = ({ payment_intent }: Pick<Stripe.Checkout.Session, "payment_intent">): boolean =>
  typeof payment_intent === "object" &&
  typeof payment_intent?.latest_charge === "object" &&
  payment_intent.latest_charge?.refunded === true;

/** Nothing is due during a trial. Stripe calls that `no_payment_required`, or `paid` with a total of zero. */
const isTrial = (session: Stripe.Checkout.Session): boolean =>
  session.mode === "subscription" && (session.payment_status === "no_payment_required" || session.amount_total === 0);

/**
 * The amount of one unit of a price in a currency, which may be one of its `currency_options` (expanded by the caller).
 * Null: the price is not sold in this currency, or has no fixed amount.
 */
export const unitAmount = (price: Stripe.Price, currency: string): number | null =>
  (price.currency === currency ? price.unit_amount : price.currency_options?.[currency]?.unit_amount) ?? null;

/** The cost of a quantity of a price before tax and discounts, in the currency's smallest unit. */
const fullPrice = (price: Stripe.Price, unit: number, quantity: number): number => unit * unitsOf(price, quantity);
