import { SOLD_PLANS, type SoldPlanId } from "../../src/domain/licensing/plans.ts";
import { EVENT_TYPES } from "../../src/domain/purchase/events/types.ts";
import { portalOf, priceOf, productOf } from "../../src/domain/purchase/offer.ts";
import { STRIPE_API_VERSION } from "../../src/domain/purchase/stripe.ts";
import { defaultPortal, newPortal } from "./objects/billing-portal.ts";
import { createPrice, createProduct } from "./objects/catalog.ts";
import { newWebhookEndpoint } from "./objects/webhook-endpoint.ts";
import type { StandIn } from "./stand-in.ts";

/** A promotion code of every new account, for trying discounts. */
const PROMOTION = { code: "RBEE20", percent_off: 20 } as const;

/**
 * Fills a new account with all that `plans sync` makes, a promotion code, and a portal configuration of the dashboard.
 */
export function seed(standIn: StandIn, webhookUrl: string | null): void {
  const prices = Object.fromEntries(
    SOLD_PLANS.map((plan) => {
      createProduct(standIn, productOf(plan));
      return [plan, createPrice(standIn, priceOf(plan)).id];
    }),
  ) as Record<SoldPlanId, string>;
  seedPromotion(standIn);
  for (const portal of [defaultPortal(standIn.now()), newPortal(standIn, portalOf(prices))]) {
    standIn.state.portal_configurations[portal.id] = portal;
  }
  if (webhookUrl === null) return;
  const wanted = { url: webhookUrl, enabled_events: EVENT_TYPES, api_version: STRIPE_API_VERSION };
  const endpoint = newWebhookEndpoint(standIn, wanted);
  standIn.state.webhook_endpoints[endpoint.id] = endpoint;
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
