import { IsolateCache } from "../../lib/isolate.ts";
import { MINUTE, type UnixSeconds } from "../../lib/time.ts";
import { countBillingVisit } from "../../platform/http/rate-limit.ts";
import { Problem, type RequestScope } from "../../platform/http/route.ts";
import type { LicenseRow } from "../licensing/license/record.ts";
import { isOurPortal } from "./offer.ts";
import { asConflict, type StripeClient, stripeClient } from "./stripe.ts";

/**
 * A new address of the payment provider's billing portal, for the customer who bought this license. It works for a
 * short time and leads back to the account. Throws RATE_LIMITED, SERVICE_UNAVAILABLE, CONFLICT when the license was not
 * bought here or the provider refuses, and Stripe's other errors.
 */
export async function openBillingPortal(
  { env, var: { config, now } }: Pick<RequestScope, "env" | "var">,
  { id, generation, stripe_customer_id: customer }: Pick<LicenseRow, "id" | "generation" | "stripe_customer_id">,
): Promise<string> {
  if (customer === null) {
    throw new Problem({ code: "CONFLICT", detail: "This license was not bought here; it has no billing." });
  }
  await countBillingVisit(env, { licenseId: id, generation });
  const stripe = await stripeClient(config);
  const configuration = await portalConfiguration(stripe, config.LIVEMODE, now);
  const session = await stripe.billingPortal.sessions
    .create({ customer, return_url: `${config.PUBLIC_URL}/account`, ...(configuration && { configuration }) })
    .catch(asConflict);
  return session.url;
}

const found = new IsolateCache<string>(1);
const FRESH = 5 * MINUTE;

/**
 * The id of the configuration that `plans sync` has made, found by its mark. Null if there is none: the session then
 * uses the one of Stripe's dashboard, because Stripe never makes a configuration of the API its default.
 */
async function portalConfiguration(stripe: StripeClient, livemode: boolean, now: UnixSeconds): Promise<string | null> {
  const key = String(livemode);
  const known = found.get(key, now);
  if (known !== undefined) return known;
  const { data } = await stripe.billingPortal.configurations.list({ active: true, limit: 100 });
  const ours = data.find(isOurPortal);
  if (ours) found.set(key, ours.id, now + FRESH);
  return ours?.id ?? null;
}
