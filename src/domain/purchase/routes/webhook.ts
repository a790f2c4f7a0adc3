import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { type AppEnv, createRouter, operation, Problem, z } from "../../../platform/http/route.ts";
import { actorOf } from "../../../platform/storage/ledger.ts";
import { settle } from "../../../platform/storage/settle.ts";
import { processEvent } from "../events/handling.ts";
import { openWebhook } from "../events/signed-event.ts";
import { purchaseChanges, purchaseScope } from "../sync.ts";

/** Far above any event of Stripe's. */
const MAX_EVENT_BYTES = 1024 * 1024;

const eventLimit: MiddlewareHandler<AppEnv> = bodyLimit({
  maxSize: MAX_EVENT_BYTES,
  onError: () => {
    throw new Problem({ code: "PAYLOAD_TOO_LARGE", detail: "No event is this large." });
  },
});

/** `POST /v1/stripe/webhook`. */
export const webhook = createRouter();

webhook.openapi(
  operation("post", "/v1/stripe/webhook", {
    tag: "Purchase",
    summary: "Receive an event from Stripe",
    description:
      "The signature over the raw body is verified. After any answer but 200, Stripe sends the event again. An " +
      "event that was handled is answered 200 and not handled twice.",
    access: { security: [], middleware: [eventLimit] },
    headers: z.object({
      "stripe-signature": z
        .string()
        .optional()
        .openapi({ description: "A time, and the body's HMAC with it.", example: "t=1795439045,v1=5257a8..." }),
    }),
    answers: {
      200: ["The event is handled, or was before.", z.object({ received: z.literal(true).openapi({ example: true }) })],
    },
    refusals: ["MALFORMED_REQUEST", "PAYLOAD_TOO_LARGE", "SERVICE_UNAVAILABLE", "INTERNAL_ERROR"],
  }),
  async (c) => {
    const body = await c.req.text();
    const scope = await purchaseScope(c.env, c.var.config);
    const event = await openWebhook(scope.stripe, c.var.config, body, c.req.header("Stripe-Signature"));
    if (!event.ok) throw new Problem(event.error);
    const outcome = await processEvent(scope, event.value, actorOf(c, `stripe:${event.value.id}`));
    if (outcome) await settle(c, purchaseChanges(outcome.licenses));
    return c.json({ received: true as const }, 200);
  },
);
