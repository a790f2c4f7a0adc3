import { viewSession } from "../../../domain/purchase/checkout/session.ts";
import { logFailure } from "../../../lib/log.ts";
import { type AppEnv, createRoute, type OpenAPIHono, z } from "../../../platform/http/route.ts";
import { pageDocs } from "../../page/kit.ts";
import { cancelledPage, checkoutPage, laterPage, unknownCheckoutPage } from "../checkout-page.tsx";

const success = createRoute({
  method: "get",
  path: "/checkout/success",
  request: {
    query: z.object({
      session_id: z
        .string()
        .optional()
        .openapi({ description: "The session, by Stripe's id.", example: "cs_live_a1B2" }),
    }),
  },
  ...pageDocs({
    summary: "The page after paying",
    description:
      "Issues the license itself if it is ahead of the payment provider's message. Shows the key to the browser that began " +
      "the purchase, and says to everybody else that it was mailed.",
    answers: { 200: "The license, or what is waited for.", 404: "No such purchase.", 503: "To be tried again." },
  }),
});

const cancelled = createRoute({
  method: "get",
  path: "/checkout/cancelled",
  ...pageDocs({
    summary: "The page after turning back",
    description: "Where the payment page's back link leads.",
    answers: { 200: "Nothing was bought." },
  }),
});

/** Registers `GET /checkout/success` and `GET /checkout/cancelled`. */
export function registerCheckoutPages(router: OpenAPIHono<AppEnv>): void {
  router.openapi(success, async (c) => {
    try {
      const view = await viewSession(c, c.req.valid("query").session_id ?? "");
      return await (view ? checkoutPage(view, new URL(c.req.url).origin) : unknownCheckoutPage());
    } catch (error) {
      logFailure("checkout.unreadable", error, { request_id: c.var.requestId });
      return laterPage();
    }
  });
  router.openapi(cancelled, () => cancelledPage());
}
