import { toRfc3339 } from "../../../../lib/time.ts";
import { operation, Timestamp, z } from "../../../../platform/http/route.ts";
import { admin, adminActor, createAdminRouter } from "../../../../platform/identity/authentication.ts";
import { settle } from "../../../../platform/storage/settle.ts";
import { retryEvent } from "../../events/handling.ts";
import { listEvents, type StoredEvent } from "../../events/store.ts";

const EventView = z
  .object({
    id: z.string().openapi({ description: "The event, by Stripe's id.", example: "evt_1a2B3c" }),
    type: z.string().openapi({ example: "customer.subscription.updated" }),
    object_id: z.string().nullable().openapi({ example: "sub_1a2B3c" }),
    created: Timestamp,
    received_at: Timestamp,
    handled_at: Timestamp.nullable(),
    attempts: z.number().int().openapi({ example: 1 }),
    outcome: z.string().nullable().openapi({ example: "unknown price price_1a2B3c" }),
    last_error: z.string().nullable().openapi({ example: null }),
  })
  .openapi("StripeEvent");

const eventView = (event: StoredEvent): z.infer<typeof EventView> => ({
  id: event.id,
  type: event.type,
  object_id: event.object_id,
  created: toRfc3339(event.created),
  received_at: toRfc3339(event.received_at),
  handled_at: toRfc3339(event.handled_at),
  attempts: event.attempts,
  outcome: event.outcome,
  last_error: event.last_error,
});

/** Listing payment events and retrying one. */
export const stripeEvents = createAdminRouter();

stripeEvents.openapi(
  operation("get", "/v1/admin/stripe-events", {
    tag: "Admin",
    summary: "Payment events to look at",
    description:
      "Events that are not handled yet, or that were handled and need an admin, for example because of an unknown " +
      "price.",
    access: admin("licenses:read"),
    query: z.object({
      state: z
        .enum(["unhandled", "attention"])
        .default("unhandled")
        .openapi({ description: "Events not handled yet, or events that need an admin." }),
    }),
    answers: {
      200: [
        "Up to 200: unhandled ones oldest first, the others newest first.",
        z.object({ events: z.array(EventView) }),
      ],
    },
    refusals: ["VALIDATION_FAILED"],
  }),
  async (c) => {
    const events = await listEvents(c.env.DB, { state: c.req.valid("query").state }, 200);
    return c.json({ events: events.map(eventView) }, 200);
  },
);
stripeEvents.openapi(
  operation("post", "/v1/admin/stripe-events/{id}/retry", {
    tag: "Admin",
    summary: "Handle a payment event now",
    description:
      "Handles the event without waiting for the cron. An event that was handled is handled again only if it " +
      "needs attention. For example, it issues the license once an unknown price has its lookup key.",
    access: admin("licenses:write"),
    params: z.object({
      id: z.string().openapi({ description: "The event, by Stripe's id.", example: "evt_1a2B3c" }),
    }),
    answers: { 200: ["The event as it is now.", z.object({ event: EventView })] },
    refusals: ["NOT_FOUND", "SERVICE_UNAVAILABLE"],
  }),
  async (c) => {
    const scope = { env: c.env, config: c.var.config };
    const { event, changes } = await retryEvent(scope, adminActor(c), c.req.valid("param").id);
    await settle(c, changes);
    return c.json({ event: eventView(event) }, 200);
  },
);
