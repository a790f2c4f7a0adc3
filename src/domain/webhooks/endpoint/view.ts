import { z } from "@hono/zod-openapi";
import { toRfc3339 } from "../../../lib/time.ts";
import { allows, type Scope } from "../../../platform/config/scopes.ts";
import { Timestamp } from "../../../platform/http/schemas.ts";
import { Description, EndpointId, EndpointUrl, Types } from "./fields.ts";
import { type CountedEndpoint, isEnabled } from "./store.ts";

const STATES = ["enabled", "disabled", "removed"] as const;

export const EndpointSchema = z
  .object({
    id: EndpointId,
    url: EndpointUrl.openapi({
      description:
        "Its path may be a secret of the receiver. Without `webhooks:write` the answer has `...` in place of path and query.",
    }),
    description: Description,
    types: Types,
    state: z.enum(STATES),
    disabled_by: z.enum(["admin", "failing", "gone"]).nullable().openapi({
      description: "`failing`: it took nothing for five days. `gone`: it answered 410. Null: it is not disabled.",
      example: null,
    }),
    failing_since: Timestamp.nullable().openapi({
      description: "Since when it has taken no message. Null: the last messages were taken.",
      example: null,
    }),
    queued_through: z.int().openapi({ description: "Events up to this number are queued for it.", example: 4711 }),
    pending: z.int().openapi({ description: "Deliveries that wait for their next attempt.", example: 0 }),
    failed: z.int().openapi({ description: "Deliveries that were given up, until they are sent again.", example: 0 }),
    former_secret_until: Timestamp.nullable().openapi({
      description: "Until then the former secret signs as well.",
      example: null,
    }),
    created_at: Timestamp,
    removed_at: Timestamp.nullable().openapi({ example: null }),
  })
  .openapi("WebhookEndpoint");

/** The state of an endpoint in a word. */
export const stateOf = (endpoint: Pick<CountedEndpoint, "disabled_by" | "removed_at">): (typeof STATES)[number] =>
  endpoint.removed_at !== null ? "removed" : isEnabled(endpoint) ? "enabled" : "disabled";

/** An endpoint as the API shows it to an admin with these scopes. */
export const presentEndpoint = (
  endpoint: CountedEndpoint,
  { scopes }: { scopes: readonly Scope[] },
): z.input<typeof EndpointSchema> => ({
  id: endpoint.id,
  url: allows(scopes, "webhooks:write") ? endpoint.url : `${new URL(endpoint.url).origin}/...`,
  description: endpoint.description,
  types: endpoint.types,
  state: stateOf(endpoint),
  disabled_by: endpoint.disabled_by,
  failing_since: toRfc3339(endpoint.failing_since),
  queued_through: endpoint.position,
  pending: endpoint.pending,
  failed: endpoint.failed,
  former_secret_until: toRfc3339(endpoint.former_until),
  created_at: toRfc3339(endpoint.created_at),
  removed_at: toRfc3339(endpoint.removed_at),
});
