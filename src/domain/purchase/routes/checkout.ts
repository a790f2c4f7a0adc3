import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { jsonBodyLimit } from "../../../platform/http/body.ts";
import { BODY_PROBLEMS, problems } from "../../../platform/http/problem-schema.ts";
import type { AppEnv } from "../../../platform/http/router.ts";
import { MachineCount, PlanOnSale, startCheckout } from "../checkout-start.ts";

const Body = z
  .object({
    plan: PlanOnSale,
    machines: MachineCount.optional().openapi({
      description: "How many machines; as many as the plan's price includes unless told.",
      example: 5,
    }),
  })
  .strict()
  .openapi("NewCheckout");

const route = createRoute({
  method: "post",
  path: "/v1/checkout",
  tags: ["Purchase"],
  summary: "Begin a checkout",
  description:
    "Returns the address of the payment page. The answer sets a cookie; with it, the success page and " +
    "`GET /v1/checkout/{session_id}` show the license key to this buyer and to nobody else. Prices and everything else are " +
    "ours: unknown members are refused.",
  security: [],
  middleware: [jsonBodyLimit],
  request: { body: { required: true, content: { "application/json": { schema: Body } } } },
  responses: {
    201: {
      description: "Send the buyer to `url`.",
      content: {
        "application/json": {
          schema: z
            .object({
              url: z.url().openapi({ example: "https://checkout.stripe.com/c/pay/cs_live_a1B2" }),
              session_id: z.string().openapi({ example: "cs_live_a1B2" }),
            })
            .openapi("Checkout"),
        },
      },
    },
    ...problems(...BODY_PROBLEMS, "RATE_LIMITED", "SERVICE_UNAVAILABLE"),
  },
});

/** Registers `POST /v1/checkout`. */
export function registerCheckout(router: OpenAPIHono<AppEnv>): void {
  router.openapi(route, async (c) => {
    const { plan, machines } = c.req.valid("json");
    const { url, sessionId } = await startCheckout(c, { plan, machines });
    c.header("Cache-Control", "no-store");
    return c.json({ url, session_id: sessionId }, 201);
  });
}
