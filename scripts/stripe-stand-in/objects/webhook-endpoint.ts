import type Stripe from "stripe";
import type { StandIn } from "../stand-in.ts";
import { newId } from "../state.ts";

/** A new webhook endpoint, with the secret that Stripe shows only once. */
export const newWebhookEndpoint = (
  standIn: StandIn,
  input: {
    url: string;
    enabled_events: readonly string[];
    api_version?: string | undefined;
    description?: string | undefined;
    metadata?: Stripe.Metadata | undefined;
  },
): Stripe.WebhookEndpoint => ({
  id: newId("we"),
  object: "webhook_endpoint",
  api_version: input.api_version ?? null,
  application: null,
  created: standIn.now(),
  description: input.description ?? null,
  enabled_events: [...input.enabled_events],
  livemode: false,
  metadata: input.metadata ?? {},
  secret: `whsec_${newId("x", 32).slice(2)}`,
  status: "enabled",
  url: input.url,
});
