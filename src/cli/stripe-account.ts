import Stripe from "stripe";
import { SOLD_PLANS, type SoldPlanId } from "../domain/licensing/plans.ts";
import { type PortalStep, planPortal, WITH_PRODUCTS } from "../domain/purchase/account/portal.ts";
import { planWebhook, type WebhookStep, webhookOf } from "../domain/purchase/account/webhook.ts";
import { keyRefusal, refusalForAdmin } from "../domain/purchase/key-refusal.ts";
import { priceIdsOf, productOf } from "../domain/purchase/offer.ts";
import { SYNC_CALLS } from "../domain/purchase/permissions.ts";
import { isStripeOutage, STRIPE_API_VERSION } from "../domain/purchase/stripe.ts";
import { type ClientOf, clientOf } from "../domain/purchase/stripe-calls.ts";
import { cleanSecret } from "../lib/credential.ts";
import { isLoopback } from "../lib/loopback.ts";
import { CliError, EXIT, type ExitCode } from "./errors.ts";
import { type PlanAtStripe, type PlanStep, planSteps } from "./plan-steps.ts";

/** The client of `plans sync`. Its calls are those of `SYNC_CALLS`. */
type SyncClient = ClientOf<typeof SYNC_CALLS>;

/** A Stripe account: its client, and whether it is a stand-in on loopback, which delivers to http as well. */
export type Account = { stripe: SyncClient; isStandIn: boolean };

/**
 * The Stripe account of the key in STRIPE_SECRET_KEY. The key is never an argument, because `ps` shows arguments.
 * `live` must be set for a live key. STRIPE_API_BASE selects a stand-in, on loopback and with a test key only. Throws
 * `CliError` otherwise.
 */
export function stripeAccount(env: NodeJS.ProcessEnv, live: boolean): Account {
  const key = cleanSecret(env["STRIPE_SECRET_KEY"] ?? "");
  const mode = /^(?:sk|rk)_(test|live)_\w+$/.exec(key)?.[1];
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
  if (!base) return { stripe: clientOf(new Stripe(key, options), SYNC_CALLS), isStandIn: false };
  const url = URL.canParse(base) ? new URL(base) : null;
  if (url?.protocol !== "http:" || !isLoopback(url.hostname) || mode === "live") {
    throw new CliError(EXIT.usage, "STRIPE_API_BASE must be the URL of a stand-in on loopback, and needs a test key.");
  }
  const sdk = new Stripe(key, { ...options, host: url.hostname, port: url.port || 80, protocol: "http" });
  return { stripe: clientOf(sdk, SYNC_CALLS), isStandIn: true };
}

/** The result of a sync: the changes of each part, made or, in a dry run, planned. */
export type SyncedAccount = {
  plans: { plan: SoldPlanId; steps: PlanStep[] }[];
  /** `url` is null if Stripe cannot reach the catalog. `secret` is that of a new endpoint. */
  webhook: { url: string | null; steps: WebhookStep[]; faults: string[]; secret: string | null };
  portal: { steps: PortalStep[] };
};

/**
 * Makes the plans, the webhook endpoint of the catalog at `origin` and the portal's configuration of an account right,
 * or plans it if `dryRun`. Throws `StripeError`. The endpoint comes last, because its secret cannot be read again.
 */
export async function syncAccount(account: Account, origin: string, dryRun: boolean): Promise<SyncedAccount> {
  const { stripe } = account;
  const plans: SyncedAccount["plans"] = [];
  for (const plan of SOLD_PLANS) {
    const steps = planSteps(plan, await readPlan(stripe, plan));
    if (!dryRun) for (const step of steps) await takePlanStep(stripe, step);
    plans.push({ plan, steps });
  }
  const portal = { steps: await portalSteps(stripe) };
  if (!dryRun) for (const step of portal.steps) await takePortalStep(stripe, step);
  return { plans, webhook: await syncWebhook(account, origin, dryRun), portal };
}

async function syncWebhook(
  { stripe, isStandIn }: Account,
  origin: string,
  dryRun: boolean,
): Promise<SyncedAccount["webhook"]> {
  if (!origin.startsWith("https:") && !isStandIn) {
    const fault = `skipped, because Stripe cannot reach ${origin}. Name the catalog by --url https://...`;
    return { url: null, steps: [], faults: [fault], secret: null };
  }
  const endpoints: Stripe.WebhookEndpoint[] = [];
  for await (const endpoint of stripe.webhookEndpoints.list({ limit: 100 })) endpoints.push(endpoint);
  const { steps, faults } = planWebhook(endpoints, origin);
  let secret: string | null = null;
  if (!dryRun) {
    for (const step of steps) {
      if (step.action === "create_webhook") secret = (await stripe.webhookEndpoints.create(step.params)).secret ?? null;
      else if (step.action === "update_webhook") await stripe.webhookEndpoints.update(step.id, step.params);
      else {
        // The secret must be shown, even if this fails. The next run deletes the endpoint.
        await stripe.webhookEndpoints.del(step.id).catch((error: unknown) => {
          faults.push(`Endpoint ${step.id} could not be deleted: ${error instanceof Error ? error.message : error}`);
        });
      }
    }
  }
  return { url: webhookOf(origin).url, steps, faults, secret };
}

async function portalSteps(stripe: SyncClient): Promise<PortalStep[]> {
  const prices = await stripe.prices.list({ lookup_keys: [...SOLD_PLANS], active: true, limit: 100 });
  const wanted = { active: true, limit: 100, expand: [WITH_PRODUCTS] };
  const configurations: Stripe.BillingPortal.Configuration[] = [];
  for await (const each of stripe.billingPortal.configurations.list(wanted)) configurations.push(each);
  return planPortal(configurations, priceIdsOf(prices.data));
}

const takePortalStep = ({ billingPortal: { configurations } }: SyncClient, step: PortalStep): Promise<unknown> =>
  step.action === "create_portal" ? configurations.create(step.params) : configurations.update(step.id, step.params);

/** Reads the objects of a plan at Stripe. Throws `StripeError`. */
async function readPlan(stripe: SyncClient, plan: SoldPlanId): Promise<PlanAtStripe> {
  const productId = productOf(plan).id;
  const products = await stripe.products.list({ ids: [productId], limit: 1 });
  const prices = await stripe.prices.list({ lookup_keys: [plan], limit: 1, expand: ["data.currency_options"] });
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
function takePlanStep({ products, prices }: SyncClient, step: PlanStep): Promise<unknown> {
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
  const refusal = keyRefusal(error);
  const remedy =
    refusal?.permission == null
      ? ""
      : ` ${refusalForAdmin(refusal)} \`rbee-catalog plans sync --permissions\` lists all.`;
  return new CliError(exitCodeOfStripe(error), `Stripe: ${error.message}${remedy}`, { cause: error });
}

function exitCodeOfStripe(error: Stripe.errors.StripeError): ExitCode {
  const { StripeAuthenticationError, StripePermissionError } = Stripe.errors;
  if (error instanceof StripeAuthenticationError || error instanceof StripePermissionError) return EXIT.notAuthorized;
  return isStripeOutage(error) ? EXIT.unavailable : EXIT.failure;
}
