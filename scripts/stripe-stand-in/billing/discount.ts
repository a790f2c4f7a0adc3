import type Stripe from "stripe";
import { refused } from "../api-error.ts";
import type { StandIn } from "../stand-in.ts";
import { newId } from "../state.ts";

/** Finds an active promotion code, ignoring case. Throws `ApiError` if there is none. */
export function promotionByCode(standIn: StandIn, code: string): Stripe.PromotionCode {
  const wanted = code.trim().toUpperCase();
  const found = Object.values(standIn.state.promotion_codes).find(
    (each) => each.active && each.code.toUpperCase() === wanted,
  );
  if (!found) throw refused("This promotion code is invalid.", "promotion_code_invalid");
  return found;
}

/** The discount of a promotion code, in percent. */
export function percentOff(standIn: StandIn, promotion: Stripe.PromotionCode): number {
  const { coupon } = promotion.promotion;
  const found = typeof coupon === "string" ? standIn.state.coupons[coupon] : coupon;
  return found?.percent_off ?? 0;
}

/** Redeems a promotion code for a subscription and returns the discount's id. */
export function redeem(standIn: StandIn, promotion: Stripe.PromotionCode, session: string, customer: string): string {
  const discount: Stripe.Discount = {
    id: newId("di"),
    object: "discount",
    checkout_session: session,
    customer,
    customer_account: null,
    end: null,
    invoice: null,
    invoice_item: null,
    promotion_code: promotion.id,
    source: { coupon: promotion.promotion.coupon, type: "coupon" },
    start: standIn.now(),
    subscription: null,
    subscription_item: null,
  };
  standIn.state.discounts[discount.id] = discount;
  return discount.id;
}

/** The percentage of a discount, by its id. */
export function discountPercent({ state }: StandIn, id: string): number {
  const coupon = state.discounts[id]?.source.coupon;
  return (typeof coupon === "string" ? state.coupons[coupon]?.percent_off : coupon?.percent_off) ?? 0;
}

/** The ids of the discounts on a subscription's invoices. */
export const discountsOf = (subscription: Stripe.Subscription): string[] =>
  subscription.discounts.map((each) => (typeof each === "string" ? each : each.id));
