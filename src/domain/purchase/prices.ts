import { IsolateCache } from "../../lib/isolate.ts";
import { logFailure } from "../../lib/log.ts";
import { MINUTE, type UnixSeconds } from "../../lib/time.ts";
import type { Config } from "../../platform/config/config.ts";
import { inTime } from "../../platform/http/in-time.ts";
import type { RequestScope } from "../../platform/http/router.ts";
import { plans, SOLD_PLANS, type SoldPlan, type SoldPlanId } from "../licensing/plans.ts";
import { noteKeyRefusal } from "./key-refusal-note.ts";
import { stripeClient } from "./stripe.ts";

/** The cost of a plan at Stripe: `amount` in the currency's smallest unit, for every `machines` begun. */
export type Price = { amount: number; currency: string; interval: "month" | null; machines: number };

const cache = new IsolateCache<Partial<Record<SoldPlanId, Price>>>(1);
const FRESH = 5 * MINUTE;
const FAILURE_SECONDS = 30;

/** Less than `FAILURE_SECONDS` in all, so that a failure is cached once it is known. */
const PATIENCE = { timeout: 5_000, maxNetworkRetries: 1 };

/**
 * The prices of the plans on sale, at most five minutes old. Empty when Stripe is not configured or does not answer; it
 * is then not asked for half a minute. Never throws, because a page can show a plan without its price.
 */
export async function readPrices(
  db: D1Database,
  config: Config,
  now: UnixSeconds,
): Promise<Partial<Record<SoldPlanId, Price>>> {
  const known = cache.get("prices", now);
  if (known) return known;
  if (config.STRIPE_SECRET_KEY === "") return {};
  try {
    const stripe = await stripeClient(config);
    const { data } = await stripe.prices.list({ lookup_keys: [...SOLD_PLANS], active: true, limit: 100 }, PATIENCE);
    const prices: Partial<Record<SoldPlanId, Price>> = {};
    for (const price of data) {
      const id = SOLD_PLANS.find((plan) => plan === price.lookup_key);
      if (id === undefined || price.unit_amount === null) continue;
      prices[id] = {
        amount: price.unit_amount,
        currency: price.currency,
        interval: price.recurring?.interval === "month" ? "month" : null,
        machines: price.transform_quantity?.divide_by ?? 1,
      };
    }
    cache.set("prices", prices, now + FRESH);
    return prices;
  } catch (error) {
    logFailure("prices.unreadable", error);
    await noteKeyRefusal(db, error, now);
    cache.set("prices", {}, now + FAILURE_SECONDS);
    return {};
  }
}

/** A plan on sale. `price` is null while the payment provider does not answer. */
export type PlanOffer = { plan: SoldPlan; price: Price | null };

/** How long a page waits for prices. It is complete without them. */
const PATIENCE_MILLISECONDS = 1500;

/** The plans on sale for a page, with their prices if Stripe answers in time. */
export async function readPlanOffers(c: RequestScope): Promise<PlanOffer[]> {
  const prices = await inTime(c, readPrices(c.env.DB, c.var.config, c.var.now), PATIENCE_MILLISECONDS, {});
  return SOLD_PLANS.map((id) => ({ plan: plans[id], price: prices[id] ?? null }));
}
