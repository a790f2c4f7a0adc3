import type Stripe from "stripe";
import { onceResolved } from "../../lib/isolate.ts";
import { logFailure } from "../../lib/log.ts";
import type { Config } from "../../platform/config/config.ts";
import { Problem } from "../../platform/http/problem.ts";
import { WORKER_CALLS } from "./permissions.ts";
import { type ClientOf, clientOf } from "./stripe-calls.ts";

/** The version of Stripe's API that this code is written for. The webhook endpoint must use the same. */
export const STRIPE_API_VERSION = "2026-10-28.endive";

/** The Worker's client of Stripe. Its calls are those of `WORKER_CALLS`. */
export type StripeClient = ClientOf<typeof WORKER_CALLS> & Pick<Stripe, "webhooks">;

/** A client of Stripe's API, whose SDK the first call loads. Throws SERVICE_UNAVAILABLE without a Stripe key. */
export const stripeClient = onceResolved(async (config: Config): Promise<StripeClient> => {
  const sdk = await stripeSdk(config);
  return { ...clientOf(sdk, WORKER_CALLS), webhooks: sdk.webhooks };
});

/** The whole SDK, for checks of the account. Everything else uses `stripeClient`. */
export const stripeSdk = onceResolved(async (config: Config): Promise<Stripe> => {
  if (config.STRIPE_SECRET_KEY === "")
    throw new Problem({ code: "SERVICE_UNAVAILABLE", detail: "Nothing is sold here." });
  const { default: StripeSdk } = await import("stripe");
  const base = config.STRIPE_API_BASE === "" ? null : new URL(config.STRIPE_API_BASE);
  return new StripeSdk(config.STRIPE_SECRET_KEY, {
    apiVersion: STRIPE_API_VERSION,
    httpClient: StripeSdk.createFetchHttpClient(),
    maxNetworkRetries: 2,
    timeout: 20_000,
    // Measurements of each request, which the SDK sends with later ones. It warns in the log if they are too many.
    telemetry: false,
    ...(base
      ? { host: base.hostname, port: base.port || 80, protocol: base.protocol === "https:" ? "https" : "http" }
      : {}),
  });
});

/** The id of an object that Stripe gives either as an id or whole. */
export const idOf = (reference: string | { id: string } | null | undefined): string | null =>
  typeof reference === "string" ? reference : (reference?.id ?? null);

/** The SDK's names for errors when Stripe cannot be reached, fails, or is overloaded. */
const OUTAGES = ["StripeConnectionError", "StripeAPIError", "StripeRateLimitError"];

/** Whether an error is an outage of Stripe, so that a retry may help. It needs no SDK: it reads the name. */
export const isStripeOutage = (error: unknown): boolean => OUTAGES.some((type) => type === typeOf(error));

/** The SDK's name of an error, or undefined. */
export const typeOf = (error: unknown): unknown => (error instanceof Error && "type" in error ? error.type : undefined);

/** Whether Stripe refuses a request by itself, so that a retry does not help. A refusal of our key is none. */
export const isInvalidRequest = (error: unknown): boolean => typeOf(error) === "StripeInvalidRequestError";

/** The answer while Stripe is out. */
export const STRIPE_OUTAGE = {
  matches: isStripeOutage,
  refusal: {
    code: "SERVICE_UNAVAILABLE",
    detail: "The payment provider does not answer. Please try again.",
    extras: { retry_after: 30 },
  },
} as const;

/**
 * For `catch`: a refusal because of our own account becomes SERVICE_UNAVAILABLE, with the reason only in the log.
 * Neither the client nor a retry can fix it. A refusal of our key stays as it is (`keyRefusal`).
 */
export function asUnavailable(error: unknown): never {
  if (!isInvalidRequest(error)) throw error;
  logFailure("stripe.misconfigured", error);
  throw new Problem({ code: "SERVICE_UNAVAILABLE", detail: "The payment provider is not set up for this." });
}

/** For `catch`: a refusal by the current state becomes CONFLICT with its reason; others as in `asUnavailable`. */
export function asConflict(error: unknown): never {
  if (error instanceof Error && isInvalidRequest(error)) {
    throw new Problem({ code: "CONFLICT", detail: `The payment provider refuses: ${error.message}` });
  }
  return asUnavailable(error);
}

/** The origins of Stripe's own pages, which a form may redirect to. Add the account's custom domain if it has one. */
export const stripePageOrigins = ({ STRIPE_API_BASE }: Pick<Config, "STRIPE_API_BASE">): string[] =>
  STRIPE_API_BASE === ""
    ? ["https://checkout.stripe.com", "https://billing.stripe.com"]
    : [new URL(STRIPE_API_BASE).origin];

/** Whether Stripe has no object with an id of the request. */
export const isMissing = (error: unknown): error is Error =>
  error instanceof Error && "code" in error && error.code === "resource_missing";

/**
 * Deletes a customer at the payment provider, with name, addresses and payment methods. The invoices and payments stay,
 * because tax law requires them. Idempotent. Throws Stripe's errors.
 */
export async function deleteCustomer(stripe: Pick<StripeClient, "customers">, id: string): Promise<void> {
  await stripe.customers.del(id).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
}
