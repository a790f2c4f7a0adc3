import { NextCursor, operation, PageQuery, page, z } from "../../../platform/http/route.ts";
import { admin, adminActor, createAdminRouter, Reason } from "../../../platform/identity/authentication.ts";
import { IdempotencyHeader, idempotentRequest } from "../../../platform/storage/idempotency.ts";
import { EndpointChange, EndpointId, NewEndpoint, OVERLAP } from "../endpoint/fields.ts";
import { currentSecret } from "../endpoint/secret.ts";
import {
  addEndpoint,
  changeEndpoint,
  disableEndpoint,
  enableEndpoint,
  listEndpoints,
  readEndpoint,
  removeEndpoint,
  rotateSecret,
} from "../endpoint/store.ts";
import { EndpointSchema, presentEndpoint } from "../endpoint/view.ts";

/** List, add, change and remove webhook endpoints. */
export const endpointRoutes = createAdminRouter();

const TAG = "Admin: webhooks";
const read = admin("audit:read");
const write = admin("webhooks:write");
const params = z.object({ id: EndpointId });

const EndpointList = z
  .object({ endpoints: z.array(EndpointSchema), next_cursor: NextCursor })
  .openapi("WebhookEndpointList");

const EndpointAnswer = z.object({ endpoint: EndpointSchema }).openapi("WebhookEndpointAnswer");

const SecretAnswer = z
  .object({
    endpoint: EndpointSchema,
    secret: z.string().openapi({
      description: "Configure it at the receiver. It is shown in this answer alone.",
      example: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=",
    }),
  })
  .openapi("WebhookSecretAnswer");

const because = (example: string) => Reason.openapi({ example });

endpointRoutes.openapi(
  operation("get", "/v1/admin/webhooks", {
    tag: TAG,
    summary: "List webhook endpoints",
    description: "Newest first, removed ones included.",
    access: read,
    query: PageQuery,
    answers: { 200: ["One page.", EndpointList] },
    refusals: ["VALIDATION_FAILED"],
  }),
  async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const rows = await listEndpoints(c.env.DB, { limit: limit + 1, before: cursor });
    const { items, next_cursor } = page(rows, limit, ({ id }) => id);
    return c.json({ endpoints: items.map((endpoint) => presentEndpoint(endpoint, c.var.admin)), next_cursor }, 200);
  },
);

endpointRoutes.openapi(
  operation("post", "/v1/admin/webhooks", {
    tag: TAG,
    summary: "Add a webhook endpoint",
    description:
      "Events of these types are sent to the URL from now on, or after the number `after`, by the Standard Webhooks specification: " +
      "docs/events.md. `CONFLICT`: there are 20 endpoints already.",
    access: write,
    headers: IdempotencyHeader,
    body: NewEndpoint.extend({ reason: because("the CRM follows licenses") }).openapi("NewWebhookEndpoint"),
    answers: { 201: ["The endpoint, and its secret.", SecretAnswer] },
    refusals: ["CONFLICT"],
  }),
  async (c) => {
    const { reason, ...wanted } = c.req.valid("json");
    const actor = adminActor(c);
    const key = c.req.valid("header")["idempotency-key"];
    const request = await idempotentRequest(actor.actor, key, ["webhook", wanted, reason]);
    const endpoint = await addEndpoint(c.env.DB, c.var.config, wanted, { actor, reason, request });
    // A repeated request gets the first answer's secret: the one of a rotation since is shown by that rotation alone.
    const secret = await currentSecret(c.var.config, { id: endpoint.id, generation: 0 });
    return c.json({ endpoint: presentEndpoint(endpoint, c.var.admin), secret }, 201);
  },
);

endpointRoutes.openapi(
  operation("get", "/v1/admin/webhooks/{id}", {
    tag: TAG,
    summary: "Show a webhook endpoint",
    description: "Removed endpoints can be read as well. The answer has no secret.",
    access: read,
    params,
    answers: { 200: ["The endpoint.", EndpointAnswer] },
    refusals: ["NOT_FOUND"],
  }),
  async (c) => {
    const endpoint = await readEndpoint(c.env.DB, c.req.valid("param").id);
    return c.json({ endpoint: presentEndpoint(endpoint, c.var.admin) }, 200);
  },
);

endpointRoutes.openapi(
  operation("post", "/v1/admin/webhooks/{id}/change", {
    tag: TAG,
    summary: "Change a webhook endpoint",
    description: "Members that are left out stay. Events that are queued already go to the new URL.",
    access: write,
    params,
    body: EndpointChange.extend({ reason: because("the CRM has moved") }).openapi("WebhookEndpointChange"),
    answers: { 200: ["The endpoint.", EndpointAnswer] },
    refusals: ["NOT_FOUND", "CONFLICT"],
  }),
  async (c) => {
    const { reason, ...wanted } = c.req.valid("json");
    const by = { actor: adminActor(c), reason };
    const endpoint = await changeEndpoint(c.env.DB, c.var.config, c.req.valid("param").id, wanted, by);
    return c.json({ endpoint: presentEndpoint(endpoint, c.var.admin) }, 200);
  },
);

endpointRoutes.openapi(
  operation("post", "/v1/admin/webhooks/{id}/rotate-secret", {
    tag: TAG,
    summary: "Replace an endpoint's secret",
    description: "Messages carry a signature of both secrets for `overlap_hours`. After a leak, send 0.",
    access: write,
    params,
    body: z
      .object({
        reason: because("yearly rotation"),
        overlap_hours: z.int().min(0).max(OVERLAP.longest).default(OVERLAP.default),
      })
      .strict()
      .openapi("WebhookSecretRotation"),
    answers: { 200: ["The endpoint, and its new secret.", SecretAnswer] },
    refusals: ["NOT_FOUND", "CONFLICT"],
  }),
  async (c) => {
    const { reason, overlap_hours } = c.req.valid("json");
    const by = { actor: adminActor(c), reason };
    const endpoint = await rotateSecret(c.env.DB, c.req.valid("param").id, overlap_hours, by);
    return c.json(
      { endpoint: presentEndpoint(endpoint, c.var.admin), secret: await currentSecret(c.var.config, endpoint) },
      200,
    );
  },
);

const ReasonBody = z
  .object({ reason: because("the CRM is being replaced") })
  .strict()
  .openapi("WebhookReason");

endpointRoutes.openapi(
  operation("post", "/v1/admin/webhooks/{id}/disable", {
    tag: TAG,
    summary: "Disable a webhook endpoint",
    description: "Nothing more is sent to it. No event is lost: they wait until it is enabled. Idempotent.",
    access: write,
    params,
    body: ReasonBody,
    answers: { 200: ["The endpoint.", EndpointAnswer] },
    refusals: ["NOT_FOUND", "CONFLICT"],
  }),
  async (c) => {
    const by = { actor: adminActor(c), reason: c.req.valid("json").reason };
    const endpoint = await disableEndpoint(c.env.DB, c.req.valid("param").id, by);
    return c.json({ endpoint: presentEndpoint(endpoint, c.var.admin) }, 200);
  },
);

endpointRoutes.openapi(
  operation("post", "/v1/admin/webhooks/{id}/enable", {
    tag: TAG,
    summary: "Enable a webhook endpoint",
    description:
      "Events that waited and all that happened since are sent, oldest first; with `skip`, only events from now on. Idempotent.",
    access: write,
    params,
    body: z
      .object({ reason: because("the CRM is back"), skip: z.boolean().default(false) })
      .strict()
      .openapi("WebhookEnabling"),
    answers: { 200: ["The endpoint.", EndpointAnswer] },
    refusals: ["NOT_FOUND", "CONFLICT"],
  }),
  async (c) => {
    const { reason, skip } = c.req.valid("json");
    const endpoint = await enableEndpoint(
      c.env.DB,
      c.req.valid("param").id,
      { skip },
      { actor: adminActor(c), reason },
    );
    return c.json({ endpoint: presentEndpoint(endpoint, c.var.admin) }, 200);
  },
);

endpointRoutes.openapi(
  operation("delete", "/v1/admin/webhooks/{id}", {
    tag: TAG,
    summary: "Remove a webhook endpoint",
    description: "For good. What waits for it is given up. Idempotent.",
    access: write,
    params,
    body: ReasonBody,
    answers: { 200: ["The endpoint.", EndpointAnswer] },
    refusals: ["NOT_FOUND"],
  }),
  async (c) => {
    const by = { actor: adminActor(c), reason: c.req.valid("json").reason };
    const endpoint = await removeEndpoint(c.env.DB, c.req.valid("param").id, by);
    return c.json({ endpoint: presentEndpoint(endpoint, c.var.admin) }, 200);
  },
);
