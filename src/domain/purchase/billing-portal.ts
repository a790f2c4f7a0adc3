import { countBillingVisit } from "../../platform/http/rate-limit.ts";
import { Problem, type RequestScope } from "../../platform/http/route.ts";
import type { LicenseRow } from "../licensing/license/record.ts";
import { asConflict, stripeClient } from "./stripe.ts";

/**
 * A new address of the payment provider's billing portal, for the customer who bought this license. It works for a
 * short time and leads back to the account. Throws RATE_LIMITED, SERVICE_UNAVAILABLE, CONFLICT when the license was not
 * bought here or the provider refuses, and Stripe's other errors.
 */
export async function openBillingPortal(
  { env, var: { config } }: Pick<RequestScope, "env" | "var">,
  { id, generation, stripe_customer_id: customer }: Pick<LicenseRow, "id" | "generation" | "stripe_customer_id">,
): Promise<string> {
  if (customer === null) {
    throw new Problem({ code: "CONFLICT", detail: "This license was not bought here; it has no billing." });
  }
  await countBillingVisit(env, { licenseId: id, generation });
  const stripe = await stripeClient(config);
  const session = await stripe.billingPortal.sessions
    .create({ customer, return_url: `${config.PUBLIC_URL}/account` })
    .catch(asConflict);
  return session.url;
}
