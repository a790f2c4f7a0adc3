import * as z from "zod";
import { currentTime } from "../../lib/time.ts";
import { countCheckout } from "../../platform/http/rate-limit.ts";
import type { AppContext } from "../../platform/http/router.ts";
import { plans, SOLD_PLANS, type SoldPlanId } from "../licensing/plans.ts";
import { markBuyer } from "./buyer-cookie.ts";
import { beginCheckout } from "./checkout.ts";
import { purchaseScope } from "./purchase-scope.ts";

/** A plan that may be bought. */
export const PlanOnSale = z.enum(SOLD_PLANS);

/** The most machines that one checkout sells; more is a conversation. */
export const MOST_MACHINES = 500;

/** How many machines a checkout may be for. */
export const MachineCount = z.number().int().min(1).max(MOST_MACHINES);

/**
 * Begins the checkout that a buyer asked for, by API or by form, and marks the buyer's browser by a cookie on the response.
 * `machines`: as many as the plan's price includes unless told. Throws RATE_LIMITED, SERVICE_UNAVAILABLE and
 * what Stripe or D1 throw.
 */
export async function startCheckout(
  c: AppContext,
  { plan: id, machines }: { plan: SoldPlanId; machines: number | undefined },
): Promise<{ url: string; sessionId: string }> {
  const plan = plans[id];
  await countCheckout(c.env, c.req.raw);
  const scope = await purchaseScope(c.env, c.var.config);
  const cookieHash = await markBuyer(c);
  const asked = { plan, machines: machines ?? plan.machine_limit, cookieHash, origin: new URL(c.req.url).origin };
  return beginCheckout(scope, asked, currentTime());
}
