import Stripe from "stripe";
import type { SoldPlanId } from "../domain/licensing/plans.ts";
import { productOf } from "../domain/purchase/offer.ts";
import { isStripeOutage, STRIPE_API_VERSION } from "../domain/purchase/stripe.ts";
import type { PlanAtStripe, SyncStep } from "./commands/plans.ts";
import { CliError, EXIT, type ExitCode } from "./errors.ts";

const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];

/**
 * A Stripe client with the key in STRIPE_SECRET_KEY. The key is never an argument, because `ps` shows arguments. `live`
 * must be set for a live key. STRIPE_API_BASE selects a stand-in, on loopback and with a test key only. Throws
 * `CliError` otherwise.
 */
export function stripeAccount(env: NodeJS.ProcessEnv, live: boolean): Stripe {
  const key = env["STRIPE_SECRET_KEY"] ?? "";
  const mode = /^(?:sk|rk)_(test|live)_/.exec(key)?.[1];
  if (mode === undefined) {
    throw new CliError(EXIT.notAuthorized, "Set STRIPE_SECRET_KEY (sk_test_... or sk_live_...) in the environment.");
  }
  if (mode === "live" && !live) {
    throw new CliError(EXIT.usage, "STRIPE_SECRET_KEY is a live key. Add --live to change real prices.");
  }
  if (mode === "test" && live)
    throw new CliError(EXIT.usage, "STRIPE_SECRET_KEY is a test key. Remove --live, or set a live key.");
  const options = { apiVersion: STRIPE_API_VERSION, maxNetworkRetries: 2, timeout: 20_000 } as const;
  const base = env["STRIPE_API_BASE"];
  if (!base) return new Stripe(key, options);
  const url = URL.canParse(base) ? new URL(base) : null;
  if (url?.protocol !== "http:" || !LOOPBACK.includes(url.hostname) || mode === "live") {
    throw new CliError(EXIT.usage, "STRIPE_API_BASE must be the URL of a stand-in on loopback, and needs a test key.");
  }
  return new Stripe(key, { ...options, host: url.hostname, port: url.port || 80, protocol: "http" });
}

/** Reads the objects of a plan at Stripe. Throws `StripeError`. */
export async function readPlan(stripe: Stripe, plan: SoldPlanId): Promise<PlanAtStripe> {
  const productId = productOf(plan).id;
  const products = await stripe.products.list({ ids: [productId], limit: 1 });
  const prices = await stripe.prices.list({ lookup_keys: [plan], limit: 1 });
  const [product = null] = products.data;
  const [price = null] = prices.data;
  const outdated: Stripe.Price[] = [];
  if (product !== null) {
    for await (const old of stripe.prices.list({ product: product.id, active: true, limit: 100 })) {
      if (old.lookup_key === null && old.metadata["rbee_plan"] === plan) outdated.push(old);
    }
  }
  return { product, price, outdated };
}

/** Makes one change. Throws `StripeError`. */
export function takeStep({ products, prices }: Stripe, step: SyncStep): Promise<unknown> {
  switch (step.action) {
    case "create_product":
      return products.create(step.params);
    case "update_product":
      return products.update(step.id, step.params);
    case "create_price":
      return prices.create(step.params);
    case "update_price":
      return prices.update(step.id, step.params);
    case "archive_price":
      return prices.update(step.id, { active: false });
  }
}

/** Turns a `StripeError` into a `CliError`. Returns every other error unchanged. */
export function stripeFailure(error: unknown): unknown {
  if (!(error instanceof Stripe.errors.StripeError)) return error;
  return new CliError(exitCodeOfStripe(error), `Stripe: ${error.message}`, { cause: error });
}

function exitCodeOfStripe(error: Stripe.errors.StripeError): ExitCode {
  const { StripeAuthenticationError, StripePermissionError } = Stripe.errors;
  if (error instanceof StripeAuthenticationError || error instanceof StripePermissionError) return EXIT.notAuthorized;
  return isStripeOutage(error) ? EXIT.unavailable : EXIT.failure;
}
