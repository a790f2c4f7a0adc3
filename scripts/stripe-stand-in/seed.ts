import { plans } from "../../src/purchase/plans.ts";
import { portalConfiguration } from "./objects/portal.ts";
import { createPrice } from "./objects/price.ts";
import { createProduct } from "./objects/product.ts";
import type { StandIn } from "./stand-in.ts";

/** What the plans that are sold cost, in cents: the prices of an account where `rbee-catalog plans sync` was run. */
const PRICES = {
  "premium-monthly": { currency: "usd", unit_amount: 9_900 },
  "premium-lifetime": { currency: "eur", unit_amount: 27_900 },
} as const;

/** A promotion code that works from the start, so that discounts can be tried. */
const PROMOTION = { code: "RBEE20", percent_off: 20 } as const;

/** Fills a new account with the plans' products and prices, one promotion code, and what the billing portal offers. */
export function seed(standIn: StandIn): void {
  for (const id of ["premium-monthly", "premium-lifetime"] as const) {
    const plan = plans[id];
    const metadata = { rbee_plan: id };
    const product = createProduct(standIn, {
      id: `rbee_${id}`,
      name: plan.name,
      description: plan.description,
      metadata,
    });
    createPrice(standIn, {
      ...PRICES[id],
      product: product.id,
      lookup_key: id,
      metadata,
      tax_behavior: "exclusive",
      transform_quantity: { divide_by: plan.machine_limit, round: "up" },
      recurring: plan.billing === "monthly" ? { interval: "month" } : undefined,
    });
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
