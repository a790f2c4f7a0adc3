import { currentTime } from "../../lib/time.ts";
import { inTime } from "../../platform/http/in-time.ts";
import type { RequestScope } from "../../platform/http/router.ts";
import { plans, SOLD_PLANS, type SoldPlan } from "../licensing/plans.ts";
import { type Price, readPrices } from "./price-view.ts";

/** A plan on sale; `price` is null while the payment provider does not say it. */
export type PlanOffer = { plan: SoldPlan; price: Price | null };

/** How long a page waits for prices. It is whole without them. */
const PATIENCE_MILLISECONDS = 1500;

/** The plans on sale for a page: soon, with prices if they are to be had soon. */
export async function readPlanOffers(c: RequestScope): Promise<PlanOffer[]> {
  const prices = await inTime(c, readPrices(c.var.config, currentTime()), PATIENCE_MILLISECONDS, {});
  return SOLD_PLANS.map((id) => ({ plan: plans[id], price: prices[id] ?? null }));
}
