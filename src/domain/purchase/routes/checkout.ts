import {
  BODY_PROBLEMS,
  createRoute,
  createRouter,
  jsonBodyLimit,
  Problem,
  problems,
  z,
} from "../../../platform/http/route.ts";
import { EXAMPLE_LICENSE_KEY, LicenseView, licenseView } from "../../licensing/license/view.ts";
import { viewSession } from "../checkout/session.ts";
import { MachineCount, PlanOnSale, startCheckout } from "../checkout/start.ts";

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

/** Beginning a checkout, and its status. */
export const checkout = createRouter();

checkout.openapi(
  createRoute({
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
  }),
  async (c) => {
    const { plan, machines } = c.req.valid("json");
    const { url, sessionId } = await startCheckout(c, { plan, machines });
    c.header("Cache-Control", "no-store");
    return c.json({ url, session_id: sessionId }, 201);
  },
);

const CheckoutStatus = z
  .object({
    status: z.enum(["pending", "complete", "failed"]),
    license: LicenseView.optional().openapi({ description: "Only with the cookie, as the key." }),
    key: z.string().optional().openapi({
      description:
        "Only with the cookie that `POST /v1/checkout` set, and until it is replaced; it is mailed in any case.",
      example: EXAMPLE_LICENSE_KEY,
    }),
    masked_key: z.string().optional().openapi({ example: "rbee_lic_0DJ5…A3CF" }),
  })
  .openapi("CheckoutStatus");

checkout.openapi(
  createRoute({
    method: "get",
    path: "/v1/checkout/{session_id}",
    tags: ["Purchase"],
    summary: "What became of a checkout",
    description:
      "Issues the license itself if the payment provider's own message is late. Past 30 looks a minute at a checkout that has no " +
      "license yet, the answer is `pending` until that message comes. Without the buyer's cookie, a license is not described.",
    security: [],
    request: {
      params: z.object({
        session_id: z.string().openapi({ description: "The session, by Stripe's id.", example: "cs_live_a1B2" }),
      }),
    },
    responses: {
      200: { description: "Its status.", content: { "application/json": { schema: CheckoutStatus } } },
      ...problems("NOT_FOUND", "SERVICE_UNAVAILABLE"),
    },
  }),
  async (c) => {
    const view = await viewSession(c, c.req.valid("param").session_id);
    if (!view) throw new Problem({ code: "NOT_FOUND", detail: "There is no such checkout." });
    c.header("Cache-Control", "no-store");
    if (view.status !== "complete") return c.json({ status: view.status }, 200);
    const { license, key, maskedKey } = view;
    const forBuyer = key === null ? {} : { license: licenseView(license, c.var.now), key };
    return c.json({ status: view.status, ...forBuyer, masked_key: maskedKey }, 200);
  },
);
