import { toRfc3339 } from "../../../lib/time.ts";
import { operation, Timestamp, z } from "../../../platform/http/route.ts";
import { brake } from "../../../platform/identity/act-volume.ts";
import { admin, adminActor, createAdminRouter, Reason } from "../../../platform/identity/authentication.ts";
import { settle } from "../../../platform/storage/settle.ts";
import { AdminLicenseView, adminLicenseView, LicenseParams } from "../../licensing/license/view.ts";
import { dismissEvent, retryEvent } from "../events/handling.ts";
import { listEvents, type StoredEvent } from "../events/store.ts";
import { giveBack, revokeForRefund } from "../refund.ts";
import { purchaseScope } from "../sync.ts";

/** `POST /v1/admin/licenses/{id}/refund`. */
export const refund = createAdminRouter();

refund.openapi(
  operation("post", "/v1/admin/licenses/{id}/refund", {
    tag: "Admin: money",
    summary: "Refund and revoke a license",
    description:
      "Revokes the license, refunds the last payment completely, and ends the subscription. Idempotent: if the " +
      "payment provider fails, the license is revoked already, and a repeated request refunds once. CONFLICT, with " +
      "nothing changed, for a payment that is disputed, or that was made outside Stripe.",
    access: admin("money:refund"),
    params: LicenseParams,
    body: z.object({ reason: Reason.openapi({ example: "bought twice by mistake" }) }).openapi("RefundRequest"),
    answers: {
      200: [
        "The license and the refund.",
        z
          .object({
            license: AdminLicenseView,
            refund: z.object({
              amount: z.number().int().openapi({
                description: "In the currency's smallest unit; 0: nothing was left to refund.",
                example: 27900,
              }),
              outside: z.number().int().openapi({
                description: "The part of the last payment that was made outside Stripe. Give it back the way it came.",
                example: 0,
              }),
              currency: z.string().nullable().openapi({ example: "eur" }),
            }),
          })
          .openapi("RefundedLicense"),
      ],
    },
    refusals: ["LICENSE_NOT_FOUND", "CONFLICT", "SERVICE_UNAVAILABLE"],
  }),
  async (c) => {
    const admin = adminActor(c);
    await brake(c, "refund");
    const scope = await purchaseScope(c.env, c.var.config);
    const revoked = await revokeForRefund(scope, admin, c.req.valid("param").id, c.req.valid("json").reason);
    await settle(c, revoked.changes);
    const { license, refund, changes } = await giveBack(scope, admin, revoked.row);
    await settle(c, changes);
    return c.json({ license: adminLicenseView(license, admin.now), refund }, 200);
  },
);

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

const eventView = ({ attention: _filtered, ...event }: StoredEvent): z.infer<typeof EventView> => ({
  ...event,
  created: toRfc3339(event.created),
  received_at: toRfc3339(event.received_at),
  handled_at: toRfc3339(event.handled_at),
});

const EventParams = z.object({
  id: z.string().openapi({ description: "The event, by Stripe's id.", example: "evt_1a2B3c" }),
});

/** Listing payment events, retrying one and dismissing one. */
export const stripeEvents = createAdminRouter();

stripeEvents.openapi(
  operation("get", "/v1/admin/stripe-events", {
    tag: "Admin: money",
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
    tag: "Admin: money",
    summary: "Handle a payment event now",
    description:
      "Handles the event without waiting for the cron. An event that was handled is handled again only if it " +
      "needs attention or was ignored. For example, it issues the license once an unknown price has its lookup key.",
    access: admin("licenses:write"),
    params: EventParams,
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
stripeEvents.openapi(
  operation("post", "/v1/admin/stripe-events/{id}/dismiss", {
    tag: "Admin: money",
    summary: "Dismiss a payment event",
    description:
      "Takes an event off the lists of those that fail or need an admin. The cron does not handle it again, and the " +
      "licenses stay as they are. Idempotent.",
    access: admin("licenses:write"),
    params: EventParams,
    body: z
      .object({ reason: Reason.openapi({ example: "sold in the old shop, which has its own licenses" }) })
      .openapi("EventDismissal"),
    answers: { 200: ["The event as it is now.", z.object({ event: EventView })] },
    refusals: ["NOT_FOUND"],
  }),
  async (c) => {
    const { reason } = c.req.valid("json");
    const event = await dismissEvent(c.env.DB, adminActor(c), c.req.valid("param").id, reason);
    return c.json({ event: eventView(event) }, 200);
  },
);
