import { NextCursor, operation, optionalChoice, PageQuery, page, z } from "../../../platform/http/route.ts";
import { admin, adminActor, createAdminRouter, Reason } from "../../../platform/identity/authentication.ts";
import { startDeliveries } from "../delivery/run.ts";
import { DELIVERY_STATES, listDeliveries, readDelivery, replayDeliveries, testEndpoint } from "../delivery/store.ts";
import { cursorIdOf, DeliverySchema, presentDelivery, sequenceOf } from "../delivery/view.ts";
import { EndpointId } from "../endpoint/fields.ts";
import { readEndpoint } from "../endpoint/store.ts";

/** See the deliveries of an endpoint, send them again, and test it. */
export const deliveryRoutes = createAdminRouter();

const TAG = "Admin: webhooks";
const params = z.object({ id: EndpointId });

deliveryRoutes.openapi(
  operation("get", "/v1/admin/webhooks/{id}/deliveries", {
    tag: TAG,
    summary: "List the deliveries of an endpoint",
    description: "By event, newest first. Finished ones are kept for 30 days.",
    access: admin("audit:read"),
    params,
    query: PageQuery.extend({
      state: optionalChoice(DELIVERY_STATES).openapi({ param: { description: "Only deliveries in this state." } }),
    }),
    answers: {
      200: [
        "One page.",
        z.object({ deliveries: z.array(DeliverySchema), next_cursor: NextCursor }).openapi("WebhookDeliveryList"),
      ],
    },
    refusals: ["NOT_FOUND", "VALIDATION_FAILED"],
  }),
  async (c) => {
    const { limit, cursor, state } = c.req.valid("query");
    const { id } = await readEndpoint(c.env.DB, c.req.valid("param").id);
    const rows = await listDeliveries(c.env.DB, id, { limit: limit + 1, before: sequenceOf(cursor), state });
    const { items, next_cursor } = page(rows, limit, cursorIdOf);
    return c.json({ deliveries: items.map(presentDelivery), next_cursor }, 200);
  },
);

const EventNumber = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER);

const Replayed = z
  .object({ replayed: z.int().openapi({ description: "How many deliveries are sent again.", example: 1 }) })
  .openapi("WebhookReplayed");

const reason = Reason.openapi({ example: "the CRM lost its data" });

deliveryRoutes.openapi(
  operation("post", "/v1/admin/webhooks/{id}/replay", {
    tag: TAG,
    summary: "Send deliveries of an endpoint again",
    description:
      "Those of the events from number `from` to number `to` (without it: the newest): that were given up, or with `state: any` also those that were " +
      "taken. The messages are the same, with the same `webhook-id`. `CONFLICT`: the endpoint is disabled.",
    access: admin("webhooks:write"),
    params,
    body: z
      .object({
        reason,
        from: z.int().min(1).default(1).openapi({ example: 4700 }),
        to: z.int().min(1).max(Number.MAX_SAFE_INTEGER).nullable().default(null).openapi({ example: 4711 }),
        state: z.enum(["failed", "any"]).default("failed"),
      })
      .strict()
      .openapi("WebhookReplay"),
    answers: { 200: ["They are due now.", Replayed] },
    refusals: ["NOT_FOUND", "CONFLICT"],
  }),
  async (c) => {
    const { reason, from, to, state } = c.req.valid("json");
    const { id } = c.req.valid("param");
    const wanted = { from, to: to ?? Number.MAX_SAFE_INTEGER, state };
    const replayed = await replayDeliveries(c.env.DB, adminActor(c), id, wanted, reason);
    await startDeliveries(c.env, c.var.now);
    return c.json({ replayed }, 200);
  },
);

deliveryRoutes.openapi(
  operation("post", "/v1/admin/webhooks/{id}/deliveries/{sequence}/replay", {
    tag: TAG,
    summary: "Send one delivery again",
    description: "Also one that was taken. `CONFLICT`: the endpoint is disabled.",
    access: admin("webhooks:write"),
    params: params.extend({
      sequence: EventNumber.openapi({ param: { description: "The number of the event." }, example: 4711 }),
    }),
    body: z.object({ reason }).strict().openapi("WebhookDeliveryReplay"),
    answers: { 200: ["It is due now, or was already.", Replayed] },
    refusals: ["NOT_FOUND", "CONFLICT"],
  }),
  async (c) => {
    const { id, sequence } = c.req.valid("param");
    await readDelivery(c.env.DB, id, sequence);
    const wanted = { from: sequence, to: sequence, state: "any" } as const;
    const replayed = await replayDeliveries(c.env.DB, adminActor(c), id, wanted, c.req.valid("json").reason);
    await startDeliveries(c.env, c.var.now);
    return c.json({ replayed }, 200);
  },
);

deliveryRoutes.openapi(
  operation("post", "/v1/admin/webhooks/{id}/test", {
    tag: TAG,
    summary: "Send a test to an endpoint",
    description: "An event of the type `webhook.test`, whatever types it is sent. Its deliveries show how that ended.",
    access: admin("webhooks:write"),
    params,
    answers: {
      202: [
        "The event is on its way.",
        z
          .object({ event_id: z.string().openapi({ example: "chg_06b4m2v8w5r7q1t3x9z2k4n6p8" }) })
          .openapi("WebhookTest"),
      ],
    },
    refusals: ["NOT_FOUND", "CONFLICT"],
  }),
  async (c) => {
    const event_id = await testEndpoint(c.env.DB, adminActor(c), c.req.valid("param").id);
    await startDeliveries(c.env, c.var.now);
    return c.json({ event_id }, 202);
  },
);
