import { SOLD_PLANS } from "../../src/domain/licensing/plans.ts";
import { priceOf, productOf } from "../../src/domain/purchase/offer.ts";
import { createPrice, createProduct } from "./objects/catalog.ts";
import { portalConfiguration } from "./objects/customer.ts";
import type { StandIn } from "./stand-in.ts";

/** A promotion code of every new account, for trying discounts. */
const PROMOTION = { code: "RBEE20", percent_off: 20 } as const;

/** Fills a new account with the products and prices of `plans sync`, a promotion code and the portal configuration. */
export function seed(standIn: StandIn): void {
  for (const plan of SOLD_PLANS) {
    createProduct(standIn, productOf(plan));
    createPrice(standIn, priceOf(plan));
  }
  seedPromotion(standIn);
  const portal = portalConfiguration(standIn.now());
  standIn.state.portal_configurations[portal.id] = portal;
}

function seedPromotion(standIn: StandIn): void {
  const created = standIn.now();
  standIn.state.coupons["rbee20"] = {
    id: "rbee20",
    object: "coupon",
    amount_off: null,
    created,
    currency: null,
    duration: "forever",
    duration_in_months: null,
    livemode: false,
    max_redemptions: null,
    metadata: {},
    name: `${PROMOTION.percent_off}% off`,
    percent_off: PROMOTION.percent_off,
    redeem_by: null,
    times_redeemed: 0,
    valid: true,
  };
  standIn.state.promotion_codes["promo_rbee20"] = {
    id: "promo_rbee20",
    object: "promotion_code",
    active: true,
    code: PROMOTION.code,
    created,
    customer: null,
    customer_account: null,
    expires_at: null,
    livemode: false,
    max_redemptions: null,
    metadata: {},
    promotion: { coupon: "rbee20", type: "coupon" },
    restrictions: { first_time_transaction: false, minimum_amount: null, minimum_amount_currency: null },
    times_redeemed: 0,
  };
}
