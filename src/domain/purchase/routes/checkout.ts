import { ANYONE, createRouter, operation, Problem, z } from "../../../platform/http/route.ts";
import { settle } from "../../../platform/storage/settle.ts";
import { EXAMPLE_LICENSE_KEY, LicenseView, licenseView } from "../../licensing/license/view.ts";
import { buyerCookie } from "../checkout/order.ts";
import { viewSession } from "../checkout/session.ts";
import { MachineCount, PlanOnSale, startCheckout } from "../checkout/start.ts";

const Body = z
  .object({
    plan: PlanOnSale,
    machines: MachineCount.optional().openapi({
      description: "The number of machines. The default is the number that the plan's price includes.",
      example: 5,
    }),
  })
  .strict()
  .openapi("NewCheckout");

/** Beginning a checkout, and its status. */
export const checkout = createRouter();

checkout.openapi(
  operation("post", "/v1/checkout", {
    tag: "Purchase",
    summary: "Begin a checkout",
    description:
      "Returns the address of the payment page. The answer sets a cookie. With it, the success page and `GET " +
      "/v1/checkout/{session_id}` show the license key to this buyer and to nobody else. Unknown members are " +
      "refused.",
    access: ANYONE,
    body: Body,
    answers: {
      201: [
        "Send the buyer to `url`.",
        z
          .object({
            url: z.url().openapi({ example: "https://checkout.stripe.com/c/pay/cs_live_a1B2" }),
            session_id: z.string().openapi({ example: "cs_live_a1B2" }),
          })
          .openapi("Checkout"),
      ],
    },
    refusals: ["RATE_LIMITED", "SERVICE_UNAVAILABLE"],
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
    license: LicenseView.optional().openapi({ description: "Only with the buyer's cookie." }),
    key: z.string().optional().openapi({
      description:
        "Only with the cookie of `POST /v1/checkout`, and until the key is replaced. The key is mailed in any case.",
      example: EXAMPLE_LICENSE_KEY,
    }),
    masked_key: z.string().optional().openapi({ example: "rbee_lic_0DJ5…A3CF" }),
  })
  .openapi("CheckoutStatus");

checkout.openapi(
  operation("get", "/v1/checkout/{session_id}", {
    tag: "Purchase",
    summary: "Show the status of a checkout",
    description:
      "Issues the license if the payment provider's message is late. After 30 requests a minute for a checkout " +
      "without a license, the answer is `pending` until that message arrives. Without the buyer's cookie, the " +
      "license is not shown.",
    access: ANYONE,
    params: z.object({
      session_id: z.string().openapi({ description: "The session, by Stripe's id.", example: "cs_live_a1B2" }),
    }),
    answers: { 200: ["Its status.", CheckoutStatus] },
    refusals: ["NOT_FOUND", "SERVICE_UNAVAILABLE"],
  }),
  async (c) => {
    const { view, changes } = await viewSession(c, c.req.valid("param").session_id, buyerCookie(c));
    await settle(c, changes);
    if (!view) throw new Problem({ code: "NOT_FOUND", detail: "There is no such checkout." });
    c.header("Cache-Control", "no-store");
    if (view.status !== "complete") return c.json({ status: view.status }, 200);
    const { license, key, maskedKey } = view;
    const forBuyer = key === null ? {} : { license: licenseView(license, c.var.now), key };
    return c.json({ status: view.status, ...forBuyer, masked_key: maskedKey }, 200);
  },
);
