import type Stripe from "stripe";
import { onceResolved } from "../../lib/isolate.ts";
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
