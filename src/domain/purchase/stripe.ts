import type Stripe from "stripe";
import { onceResolved } from "../../lib/isolate.ts";
import { logFailure } from "../../lib/log.ts";
import type { Config } from "../../platform/config/config.ts";
import { Problem } from "../../platform/http/problem.ts";

/** The version of Stripe's API that this code is written for; the webhook endpoint must be of the same. */
export const STRIPE_API_VERSION = "2026-10-28.endive";

/**
 * A client of Stripe's API. The SDK is evaluated on the first call, never on the download path. Throws SERVICE_UNAVAILABLE
 * where no Stripe key is configured: nothing is sold then.
 */
export const stripeClient = onceResolved(async (config: Config): Promise<Stripe> => {
  if (config.STRIPE_SECRET_KEY === "")
    throw new Problem({ code: "SERVICE_UNAVAILABLE", detail: "Nothing is sold here." });
  const { default: StripeSdk } = await import("stripe");
  const base = config.STRIPE_API_BASE === "" ? null : new URL(config.STRIPE_API_BASE);
  return new StripeSdk(config.STRIPE_SECRET_KEY, {
    apiVersion: STRIPE_API_VERSION,
    httpClient: StripeSdk.createFetchHttpClient(),
    maxNetworkRetries: 2,
    timeout: 20_000,
    ...(base
      ? { host: base.hostname, port: base.port || 80, protocol: base.protocol === "https:" ? "https" : "http" }
      : {}),
  });
});

/** The id of something that Stripe gives either as an id or whole. */
export const idOf = (reference: string | { id: string } | null | undefined): string | null =>
  typeof reference === "string" ? reference : (reference?.id ?? null);

/** What the SDK names its errors when Stripe could not be reached, had a fault of its own, or had too much to do. */
const OUTAGES = ["StripeConnectionError", "StripeAPIError", "StripeRateLimitError"];

/** Whether an error is Stripe's bad minute, and asking again may help. Read off its name, so that the SDK need not be loaded. */
export const isStripeOutage = (error: unknown): boolean => OUTAGES.some((type) => type === typeOf(error));

const typeOf = (error: unknown): unknown => (error instanceof Error && "type" in error ? error.type : undefined);

/** The answer while Stripe is out: try again. */
export const STRIPE_OUTAGE = {
  matches: isStripeOutage,
  refusal: {
    code: "SERVICE_UNAVAILABLE",
    detail: "The payment provider does not answer. Please try again.",
    extras: { retry_after: 30 },
  },
} as const;

/** What our own account or key lacks: nothing that the client can mend, nor asking again. */
const MISCONFIGURED = ["StripeAuthenticationError", "StripePermissionError", "StripeInvalidRequestError"];

/** For `catch`: what Stripe refuses because of us becomes SERVICE_UNAVAILABLE, with the reason in the log only. */
export function asUnavailable(error: unknown): never {
  if (!(error instanceof Error) || !MISCONFIGURED.some((type) => type === typeOf(error))) throw error;
  logFailure("stripe.misconfigured", error);
  throw new Problem({ code: "SERVICE_UNAVAILABLE", detail: "The payment provider is not set up for this." });
}

/** For `catch`: what Stripe refuses because of the state of things becomes CONFLICT, with its reason; the rest as above. */
export function asConflict(error: unknown): never {
  if (error instanceof Error && typeOf(error) === "StripeInvalidRequestError") {
    throw new Problem({ code: "CONFLICT", detail: `The payment provider refuses: ${error.message}` });
  }
  return asUnavailable(error);
}

/**
 * The origins that Stripe's own pages (checkout, billing portal) are on: where a form here may lead by a redirect. Those of a
 * custom domain, if the Stripe account has one, would have to be added.
 */
export const stripePageOrigins = ({ STRIPE_API_BASE }: Pick<Config, "STRIPE_API_BASE">): string[] =>
  STRIPE_API_BASE === ""
    ? ["https://checkout.stripe.com", "https://billing.stripe.com"]
    : [new URL(STRIPE_API_BASE).origin];

/**
 * Deletes a customer at the payment provider, with name, addresses and payment methods; the invoices and payments that tax law
 * wants kept stay there. Repeatable: one that is gone is a success. Throws what Stripe throws.
 */
export async function deleteCustomer(stripe: Stripe, id: string): Promise<void> {
  await stripe.customers.del(id).catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error && error.code === "resource_missing")) throw error;
  });
}
