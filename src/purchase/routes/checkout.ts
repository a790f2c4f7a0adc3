import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { AppEnv } from "../../http/app.ts";
import { jsonBodyLimit } from "../../http/foundation.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problem-schema.ts";
import { countCheckout } from "../../http/rate-limit.ts";
import { currentTime } from "../../time.ts";
import { markBuyer } from "../buyer-cookie.ts";
import { beginCheckout, planOnSale } from "../checkout.ts";
import { PLAN_IDS } from "../plans.ts";
import { purchaseScope } from "../purchase-scope.ts";

/** The most machines that one checkout sells; more is a conversation. */
const MAX_MACHINES = 500;

const Body = z
  .object({
    plan: z.enum(PLAN_IDS).refine((id) => planOnSale(id) !== undefined, "is not on sale"),
    machines: z.number().int().min(1).max(MAX_MACHINES).optional().openapi({
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
    ...problems("MALFORMED_REQUEST", "PAYLOAD_TOO_LARGE", "VALIDATION_FAILED", "RATE_LIMITED", "SERVICE_UNAVAILABLE"),
  },
});

/** Registers `POST /v1/checkout`. */
export function registerCheckout(router: OpenAPIHono<AppEnv>): void {
  router.openapi(route, async (c) => {
    const { plan: id, machines } = c.req.valid("json");
    const plan = planOnSale(id);
    if (!plan) throw new Problem({ code: "VALIDATION_FAILED", detail: `${id} is not on sale.` });
    await countCheckout(c.env, c.req.raw);
    const scope = await purchaseScope(c.env, c.var.config);
    const cookieHash = await markBuyer(c);
    const asked = { plan, machines: machines ?? plan.machine_limit, cookieHash, origin: new URL(c.req.url).origin };
    const { url, sessionId } = await beginCheckout(scope, asked, currentTime());
    c.header("Cache-Control", "no-store");
    return c.json({ url, session_id: sessionId }, 201);
  });
}
