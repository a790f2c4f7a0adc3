import type Stripe from "stripe";
import type { Config } from "../../../platform/config/config.ts";
import { SOLD_PLANS } from "../../licensing/plans.ts";
import { keyRefusal, refusalForAdmin } from "../key-refusal.ts";
import { isOurPortal, type PriceIds, priceIdsOf } from "../offer.ts";
import { DOCTOR_CALLS, type Permission, permissionInWords, permissionsFor, WORKER_CALLS } from "../permissions.ts";
import { isStripeOutage, stripeSdk } from "../stripe.ts";
import { planPortal, WITH_PRODUCTS } from "./portal.ts";
import { planWebhook, webhookOf } from "./webhook.ts";

/**
 * A fact about our Stripe account. `state`: `unknown` if this key may not look, or Stripe does not answer. `remedy`:
 * the operator's act; null if the fact is right.
 */
export type AccountFinding = {
  about: "key" | "permission" | "webhook" | "portal" | "price";
  /** The permission, or the plan; null for the others. */
  subject: string | null;
  state: "right" | "wrong" | "unknown";
  detail: string;
  remedy: string | null;
};

/**
 * A request for each permission that changes nothing: a list of one, or a change of an object that does not exist.
 * Stripe checks the permission before it looks for the object.
 */
export const PROBES: Readonly<Partial<Record<Permission, readonly [method: "GET" | "POST", path: string]>>> = {
  charge_write: ["POST", "/v1/refunds/re_rbee_doctor"],
  checkout_session_write: ["POST", "/v1/checkout/sessions/cs_test_rbee_doctor/expire"],
  credit_note_read: ["GET", "/v1/credit_notes?limit=1"],
  customer_portal_write: ["POST", "/v1/billing_portal/configurations/bpc_rbee_doctor"],
  customer_write: ["POST", "/v1/customers/cus_rbee_doctor"],
  dispute_read: ["GET", "/v1/disputes?limit=1"],
  event_read: ["GET", "/v1/events?limit=1"],
  invoice_write: ["POST", "/v1/invoices/create_preview"],
  payment_intent_read: ["GET", "/v1/payment_intents?limit=1"],
  payment_method_read: ["GET", "/v1/payment_methods/pm_rbee_doctor"],
  plan_read: ["GET", "/v1/prices?limit=1"],
  subscription_write: ["POST", "/v1/subscriptions/sub_rbee_doctor"],
  webhook_read: ["GET", "/v1/webhook_endpoints?limit=1"],
};

type Sdk = Pick<Stripe, "rawRequest" | "prices" | "webhookEndpoints" | "billingPortal">;

const GIVE = "Add it to the key in Stripe's dashboard under Developers, API keys.";
const SYNC = "Run `npx rbee-catalog plans sync`, which makes it right.";

const right = (about: AccountFinding["about"], subject: string | null, detail: string): AccountFinding => ({
  ...{ about, subject, state: "right", detail, remedy: null },
});
const wrong = (about: AccountFinding["about"], subject: string | null, detail: string, remedy: string) =>
  ({ about, subject, state: "wrong", detail, remedy }) satisfies AccountFinding;

/** Checks the account of the Worker's own key; null if nothing is sold. Never throws for a refusal or an outage. */
export async function checkOwnAccount(config: Config): Promise<AccountFinding[] | null> {
  return config.STRIPE_SECRET_KEY === "" ? null : checkStripeAccount(await stripeSdk(config), config.PUBLIC_URL);
}

/**
 * Checks the account behind a client of the SDK: the key and each permission that the Worker needs, the webhook
 * endpoint of the catalog at `origin`, the portal's configuration and the prices. It changes nothing. A refusal or an
 * outage is a finding; other errors are thrown.
 */
export async function checkStripeAccount(sdk: Sdk, origin: string): Promise<AccountFinding[]> {
  const needed = permissionsFor({ ...WORKER_CALLS, ...DOCTOR_CALLS });
  const permissions = await Promise.all(needed.map((permission) => probe(sdk, permission)));
  const refused = permissions.find(({ about }) => about === "key");
  if (refused) return [refused];
  const parts = [checkWebhook(sdk, origin), checkPricesAndPortal(sdk)];
  const rest = await Promise.all(parts);
  return [right("key", null, "Stripe accepts the key."), ...permissions, ...rest.flat()];
}

async function probe(sdk: Sdk, permission: Permission): Promise<AccountFinding> {
  const words = `"${permissionInWords(permission)}" (${permission})`;
  const has = right("permission", permission, `The key has ${words}.`);
  const request = PROBES[permission];
  if (request === undefined) return unknown("permission", permission, `${words} is not checked.`);
  try {
    await sdk.rawRequest(...request);
    return has;
  } catch (error) {
    const refusal = keyRefusal(error);
    if (refusal?.permission === null) {
      return wrong("key", null, "Stripe does not accept the key.", refusalForAdmin(refusal));
    }
    if (refusal) return wrong("permission", permission, `The key lacks ${words}.`, GIVE);
    return isStripeOutage(error) ? unknown("permission", permission, "Stripe does not answer.") : has;
  }
}

const unknown = (about: AccountFinding["about"], subject: string | null, detail: string): AccountFinding => ({
  ...{ about, subject, state: "unknown", detail, remedy: "Check it again later, or in Stripe's dashboard." },
});

/** The findings of `look`, or one that is unknown if the key may not look or Stripe does not answer. */
async function seen(about: AccountFinding["about"], look: () => Promise<AccountFinding[]>): Promise<AccountFinding[]> {
  try {
    return await look();
  } catch (error) {
    const refusal = keyRefusal(error);
    if (refusal) return [unknown(about, null, refusalForAdmin(refusal))];
    if (isStripeOutage(error)) return [unknown(about, null, "Stripe does not answer.")];
    throw error;
  }
}

const checkWebhook = (sdk: Sdk, origin: string): Promise<AccountFinding[]> =>
  seen("webhook", async () => {
    const { data } = await sdk.webhookEndpoints.list({ limit: 100 });
    const { url } = webhookOf(origin);
    const { steps, faults } = planWebhook(data, origin);
    const findings = faults.map((fault) =>
      wrong("webhook", null, fault, "Change it in Stripe's dashboard under Developers, Webhooks."),
    );
    for (const { action } of steps) findings.push(wrong("webhook", null, WEBHOOK_FAULTS[action](url), SYNC));
    return findings.length > 0 ? findings : [right("webhook", null, `${url} gets every event, in the code's version.`)];
  });

const WEBHOOK_FAULTS = {
  create_webhook: (url: string) => `Stripe has no endpoint for ${url} with the code's API version.`,
  update_webhook: (url: string) => `The endpoint for ${url} does not send exactly the events that the code handles.`,
  delete_webhook: (url: string) => `Stripe has an endpoint for ${url} with another API version.`,
} as const;

const checkPricesAndPortal = (sdk: Sdk): Promise<AccountFinding[]> =>
  seen("portal", async () => {
    const { data } = await sdk.prices.list({ lookup_keys: [...SOLD_PLANS], active: true, limit: 100 });
    const ids: PriceIds = priceIdsOf(data);
    const prices = SOLD_PLANS.map((plan) =>
      ids[plan] === undefined
        ? wrong("price", plan, `${plan} has no active price, so nobody can buy it.`, SYNC)
        : right("price", plan, `${plan} has a price.`),
    );
    const { data: configurations } = await sdk.billingPortal.configurations.list({
      active: true,
      limit: 100,
      expand: [WITH_PRODUCTS],
    });
    if (!configurations.some(isOurPortal)) {
      const detail = "The portal has no configuration of ours, so it offers what Stripe's dashboard says.";
      return [...prices, wrong("portal", null, detail, SYNC)];
    }
    const isRight = planPortal(configurations, ids).length === 0;
    const detail = isRight
      ? "The portal offers what the plans allow."
      : "The portal offers something else than the plans.";
    return [...prices, isRight ? right("portal", null, detail) : wrong("portal", null, detail, SYNC)];
  });
