import type Stripe from "stripe";
import * as z from "zod";
import { ApiError, find } from "../api-error.ts";
import { type ApiCall, call } from "../http/api.ts";
import { accept, boolean, metadata, pageOf, paging, text } from "../http/parameters.ts";
import { newWebhookEndpoint } from "../objects/webhook-endpoint.ts";
import type { StandIn } from "../stand-in.ts";
import { mergeMetadata } from "./catalog.ts";

const events = z.array(text).min(1);

const byId = ({ state }: StandIn, id: string): Stripe.WebhookEndpoint =>
  find(state.webhook_endpoints, "webhook endpoint", id);

/** The object as Stripe shows it after its creation: without its secret. */
const withoutSecret = ({ secret: _, ...endpoint }: Stripe.WebhookEndpoint): Stripe.WebhookEndpoint => endpoint;

/**
 * The calls for webhook endpoints. Stripe shows the secret in the answer to the creation only, and cannot change the
 * API version. They are only stored: deliveries go to the endpoint that the stand-in was started with.
 */
export const webhookEndpointCalls: ApiCall[] = [
  call(
    "POST",
    "/v1/webhook_endpoints",
    accept<Stripe.WebhookEndpointCreateParams>()({
      url: text,
      enabled_events: events,
      api_version: text.optional(),
      connect: boolean.optional(),
      description: text.optional(),
      metadata: metadata.optional(),
    }),
    (standIn, input) => {
      checkUrl(input.url);
      const endpoint = newWebhookEndpoint(standIn, input);
      standIn.state.webhook_endpoints[endpoint.id] = endpoint;
      return endpoint;
    },
  ),
  call("GET", "/v1/webhook_endpoints", accept<Stripe.WebhookEndpointListParams>()(paging), ({ state }, page) =>
    pageOf(Object.values(state.webhook_endpoints).map(withoutSecret), page, "/v1/webhook_endpoints"),
  ),
  call("GET", "/v1/webhook_endpoints/:id", accept<Stripe.WebhookEndpointRetrieveParams>()({}), (standIn, _, id) =>
    withoutSecret(byId(standIn, id)),
  ),
  call(
    "POST",
    "/v1/webhook_endpoints/:id",
    accept<Stripe.WebhookEndpointUpdateParams>()({
      url: text.optional(),
      enabled_events: events.optional(),
      disabled: boolean.optional(),
      description: text.optional(),
      metadata: metadata.optional(),
    }),
    (standIn, input, id) => {
      const endpoint = byId(standIn, id);
      if (input.url !== undefined) checkUrl(input.url);
      endpoint.url = input.url ?? endpoint.url;
      endpoint.enabled_events = input.enabled_events ?? endpoint.enabled_events;
      if (input.disabled !== undefined) endpoint.status = input.disabled ? "disabled" : "enabled";
      endpoint.description = input.description ?? endpoint.description;
      endpoint.metadata = mergeMetadata(endpoint.metadata, input.metadata);
      return withoutSecret(endpoint);
    },
  ),
  call("DELETE", "/v1/webhook_endpoints/:id", z.strictObject({}), (standIn, _, id) => {
    const { id: known } = byId(standIn, id);
    delete standIn.state.webhook_endpoints[known];
    return { id: known, object: "webhook_endpoint", deleted: true } satisfies Stripe.DeletedWebhookEndpoint;
  }),
];

/** Stripe takes http in test mode, which a stand-in always is in. */
function checkUrl(url: string): void {
  if (URL.canParse(url) && /^https?:/.test(url)) return;
  throw new ApiError({ code: "url_invalid", param: "url", message: "Invalid URL: An explicit scheme is required." });
}
