import type Stripe from "stripe";
import { planOfPrice, type SoldPlanId } from "../../licensing/plans.ts";
import { unitsOf } from "../billing-facts.ts";
import { idOf } from "../stripe.ts";

/** The decision about a checkout session. */
export type Fulfilment =
  /** `isCompleted`: the buyer has completed the payment page, and the payment is under way. */
  | { outcome: "pending"; isCompleted: boolean }
  | { outcome: "failed" }
  /** Paid, but no license can be made of it. `isOurs`: one of the prices is a plan's. Else it sells another product. */
  | { outcome: "foreign"; reason: string; isOurs: boolean }
  | {
      outcome: "issue";
      plan: SoldPlanId;
      machines: number;
      email: string;
      customerId: string | null;
      subscriptionId: string | null;
      paymentIntentId: string | null;
    };

/**
 * Decides whether a session, retrieved with its line items, buys a license. The plan is read from the line item's
 * price, never from metadata. The amount is compared before tax and discounts, which Stripe adds later.
 */
export function decideFulfilment(session: Stripe.Checkout.Session, livemode: boolean): Fulfilment {
  const items = session.line_items?.data ?? [];
  const isOurs = items.some(({ price }) => price && planOfPrice(price) !== null);
  const foreign = (reason: string): Fulfilment => ({ outcome: "foreign", reason, isOurs });
  if (session.livemode !== livemode) return foreign("the session is of the other mode");
  if (session.status === "expired") return { outcome: "failed" };
  const isCompleted = session.status === "complete";
  if (!isCompleted || session.payment_status === "unpaid") return { outcome: "pending", isCompleted };
  const [item] = items;
  const price = item?.price ?? null;
  const plan = price ? planOfPrice(price) : null;
  if (items.length !== 1 || !item || !price || plan === null) {
    return foreign(`unknown price ${price?.id ?? "none"}`);
  }
  const machines = item.quantity ?? 1;
  if (item.amount_subtotal !== fullPrice(price, machines) && !(isTrial(session) && item.amount_subtotal === 0)) {
    return foreign(`unexpected amount ${item.amount_subtotal} for ${plan}`);
  }
  const email = session.customer_details?.email ?? session.customer_email;
  if (!email) return foreign("the session has no mail address");
  return {
    outcome: "issue",
    plan,
    machines,
    email: email.toLowerCase(),
    customerId: idOf(session.customer),
    subscriptionId: idOf(session.subscription),
    paymentIntentId: idOf(session.payment_intent),
  };
}

/** Nothing is due during a trial. Stripe calls that `no_payment_required`, or `paid` with a total of zero. */
const isTrial = (session: Stripe.Checkout.Session): boolean =>
  session.mode === "subscription" && (session.payment_status === "no_payment_required" || session.amount_total === 0);

/** The cost of a quantity of a price before tax and discounts, in the currency's smallest unit. */
const fullPrice = (price: Stripe.Price, quantity: number): number =>
  (price.unit_amount ?? 0) * unitsOf(price, quantity);
