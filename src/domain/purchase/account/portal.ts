import type Stripe from "stripe";
import { isOurPortal, type PriceIds, portalOf } from "../offer.ts";

type Configuration = Stripe.BillingPortal.Configuration;

/** The parameter that makes a listing show the products of each configuration, which Stripe leaves out otherwise. */
export const WITH_PRODUCTS = "data.features.subscription_update.products";

/** One change of a portal configuration. */
export type PortalStep =
  | { action: "create_portal"; params: Stripe.BillingPortal.ConfigurationCreateParams }
  | { action: "update_portal"; id: string; params: Stripe.BillingPortal.ConfigurationUpdateParams };

/**
 * Plans the changes that give the account our portal configuration. Active `configurations` with their products. Other
 * configurations stay, such as the one of the dashboard.
 */
export function planPortal(configurations: readonly Configuration[], prices: PriceIds): PortalStep[] {
  const wanted = portalOf(prices);
  const ours = configurations.find(isOurPortal);
  if (ours === undefined) return [{ action: "create_portal", params: wanted }];
  return hasAll(ours, wanted) ? [] : [{ action: "update_portal", id: ours.id, params: wanted }];
}

/** Whether `actual` has every member of `wanted` with the same value, at any depth. */
function hasAll(actual: unknown, wanted: unknown): boolean {
  if (typeof wanted !== "object" || wanted === null) return actual === wanted;
  if (typeof actual !== "object" || actual === null) return false;
  if (Array.isArray(wanted) && (!Array.isArray(actual) || actual.length !== wanted.length)) return false;
  return Object.entries(wanted).every(([name, value]) => hasAll(Reflect.get(actual, name), value));
}
