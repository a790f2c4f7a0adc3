import type Stripe from "stripe";
import { EVENT_TYPES } from "../events/types.ts";
import { STRIPE_API_VERSION } from "../stripe.ts";

type Endpoint = Pick<
  Stripe.WebhookEndpoint,
  "id" | "url" | "status" | "api_version" | "enabled_events" | "application"
>;

/** The path of our webhook below the catalog's address. */
const PATH = "/v1/stripe/webhook";

/** The webhook endpoint of the catalog at this origin: every event that the code handles, and no other. */
export const webhookOf = (origin: string) =>
  ({
    url: `${origin}${PATH}`,
    enabled_events: [...EVENT_TYPES],
    api_version: STRIPE_API_VERSION,
    description: "rbee worker catalog",
  }) satisfies Stripe.WebhookEndpointCreateParams;

/** One change of a webhook endpoint. */
export type WebhookStep =
  | { action: "create_webhook"; params: Stripe.WebhookEndpointCreateParams }
  | { action: "update_webhook"; id: string; params: Pick<Stripe.WebhookEndpointUpdateParams, "enabled_events"> }
  | { action: "delete_webhook"; id: string };

/** The changes that give the account exactly one right endpoint, and faults that only the operator should mend. */
export type WebhookPlan = { steps: WebhookStep[]; faults: string[] };

/**
 * Plans the changes of the account's endpoints for the catalog at `origin`. Endpoints of other addresses stay. Stripe
 * cannot change an endpoint's API version: a new one replaces it, with a new secret. An endpoint that is disabled stays
 * so, because an operator or Stripe had a reason.
 */
export function planWebhook(endpoints: readonly Endpoint[], origin: string): WebhookPlan {
  const wanted = webhookOf(origin);
  const ours = endpoints.filter(({ url, application }) => url === wanted.url && application === null);
  const right = ours.filter(({ api_version }) => api_version === wanted.api_version);
  const outdated = ours.filter((each) => !right.includes(each));
  const kept = right.find(({ status }) => status === "enabled") ?? right[0];
  const steps: WebhookStep[] = [];
  if (kept === undefined) steps.push({ action: "create_webhook", params: wanted });
  else if (!isSameSet(kept.enabled_events, wanted.enabled_events)) {
    steps.push({ action: "update_webhook", id: kept.id, params: { enabled_events: wanted.enabled_events } });
  }
  steps.push(...outdated.map(({ id }): WebhookStep => ({ action: "delete_webhook", id })));
  const twins = right.filter((each) => each !== kept);
  return {
    steps,
    faults: [
      ...(kept && kept.status !== "enabled"
        ? [`Endpoint ${kept.id} is disabled, so no event arrives. Enable it in Stripe's dashboard under Webhooks.`]
        : []),
      ...twins.map(({ id }) => `Endpoint ${id} has the same address and sends each event twice. Delete it.`),
    ],
  };
}

const isSameSet = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((one) => b.includes(one));
