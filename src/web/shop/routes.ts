import { buyerCookie } from "../../domain/purchase/checkout/buyer.ts";
import { sessionIdIn, viewSession } from "../../domain/purchase/checkout/session.ts";
import { MachineCount, PlanOnSale, startCheckout } from "../../domain/purchase/checkout/start.ts";
import { trialOfferFor } from "../../domain/purchase/checkout/trial-offer.ts";
import { noteKeyRefusal } from "../../domain/purchase/key-refusal-note.ts";
import { MOST_MACHINES } from "../../domain/purchase/offer.ts";
import { readPlanOffers } from "../../domain/purchase/prices.ts";
import { isStripeOutage, stripePageOrigins } from "../../domain/purchase/stripe.ts";
import { logFailure } from "../../lib/log.ts";
import { mayNotSell, sellerOf } from "../../platform/config/seller.ts";
import { ownOrigin } from "../../platform/http/own-address.ts";
import { PROBLEMS, Problem, waitHeaders } from "../../platform/http/problem.ts";
import { type AppContext, createRouter, jsonBodyLimit, z } from "../../platform/http/route.ts";
import { ownForm } from "../../platform/identity/session/guard.ts";
import { settle } from "../../platform/storage/settle.ts";
import { formBody, pageRoute } from "../page/kit.ts";
import { cancelledPage, checkoutPage, laterPage, unknownCheckoutPage } from "./checkout-page.tsx";
import { legalRoutes } from "./legal.tsx";
import { type OrderRefusal, type PlanChoice, planPage } from "./plan-page.tsx";
import { ACCEPTED } from "./terms-consent.tsx";

/** `GET /plans`, `POST /checkout`, `GET /checkout/success`, `GET /checkout/cancelled`, and the seller's documents. */
export const shopRoutes = createRouter();

shopRoutes.route("/", legalRoutes);

/** The visitor's choice in the address of a page. */
const Choice = z.object({
  plan: z.string().optional().openapi({ description: "The plan of `machines`.", example: "premium-monthly" }),
  machines: z.string().optional().openapi({ description: "Shows the total for so many.", example: "10" }),
  currency: z.string().optional().openapi({ description: "Shows the prices in it.", example: "eur" }),
  worker: z.string().optional().openapi({
    description: "The worker that the visitor came from.",
    example: "llm-worker-rbee-premium-cuda",
  }),
});

shopRoutes.openapi(
  pageRoute("get", "/plans", {
    summary: "Plans and prices, as a page",
    description: "Like `GET /v1/plans`. During an outage of the payment provider it shows the plans without prices.",
    request: {
      query: Choice,
    },
    answers: { 200: "The plans." },
  }),
  (c) => showPlans(c, c.req.valid("query"), null),
);

shopRoutes.openapi(
  pageRoute("post", "/checkout", {
    middleware: [jsonBodyLimit, ownForm],
    request: {
      body: formBody({
        plan: "premium-monthly",
        machines: "5",
        currency: "usd",
        worker: "llm-worker-rbee-premium-cuda",
        terms: "yes",
      }),
    },
    summary: "Buy a plan by form",
    description: "Like `POST /v1/checkout`, with a redirect to the payment page.",
    leadsTo: "The payment page.",
    answers: {
      422: "The plans, with the fault of the order.",
      429: "The plans, because too many checkouts were started.",
      503: "The plans, because nothing can be bought at the moment.",
    },
  }),
  async (c) => {
    const { plan: wanted, machines = "", terms, ...shown } = c.req.valid("form");
    const plan = PlanOnSale.safeParse(wanted);
    const choice = { ...shown, plan: plan.data, machines };
    if (!plan.success) {
      return showPlans(c, choice, {
        status: 422,
        fault: null,
        message: "This plan is not on sale. Please choose another.",
      });
    }
    const count = MachineCount.safeParse(machines.trim() === "" ? Number.NaN : Number(machines));
    if (!count.success) {
      const message = `Enter a whole number from 1 to ${MOST_MACHINES}.`;
      const fault = { plan: plan.data, machines, field: "machines" as const, message };
      return showPlans(c, choice, { status: 422, fault, message });
    }
    if (c.var.config.TERMS.trim() !== "" && terms !== ACCEPTED) {
      const message = "Please accept the terms of sale.";
      const fault = { plan: plan.data, machines, field: "terms" as const, message };
      return showPlans(c, choice, { status: 422, fault, message });
    }
    try {
      const { url } = await startCheckout(c, {
        ...shown,
        plan: plan.data,
        machines: count.data,
        consent: terms === ACCEPTED ? "form" : null,
      });
      c.header("Cache-Control", "no-store");
      return c.redirect(url, 303);
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === null) throw error;
      return showPlans(c, choice, refusal);
    }
  },
);

shopRoutes.openapi(
  pageRoute("get", "/checkout/success", {
    request: {
      query: z.object({
        session_id: z
          .string()
          .transform(sessionIdIn)
          .optional()
          .openapi({ description: "Stripe's id of the checkout session.", example: "cs_live_a1B2" }),
        return: z
          .string()
          .transform((text) => /[A-Za-z0-9_-]{43}/.exec(text)?.[0])
          .optional()
          .openapi({
            description: "The secret of the return address, which only the payment provider gets.",
            example: "kJ3mXw9QyA0h5sN2vLr8TzBc1DfGeU4iPo6aYxWqE7M",
          }),
      }),
    },
    summary: "Show the result of a payment",
    description:
      "Issues the license if the payment provider's event has not arrived yet. Only the browser that began the checkout and " +
      "came back from its payment page sees the key. Any other browser is told that the key was mailed.",
    answers: {
      200: "The license, or the wait for the payment.",
      404: "Unknown purchase.",
      503: "Temporarily unavailable.",
    },
  }),
  async (c) => {
    try {
      const { session_id = "", return: returnSecret } = c.req.valid("query");
      const { view, changes } = await viewSession(c, session_id, {
        cookie: buyerCookie(c),
        // A HEAD request shows nothing to anybody, so it is no return.
        returnSecret: c.req.method === "GET" ? returnSecret : undefined,
      });
      await settle(c, changes);
      return await (view ? checkoutPage(view, ownOrigin(c.req.raw, c.var.config)) : unknownCheckoutPage());
    } catch (error) {
      logFailure("checkout.unreadable", error, { request_id: c.var.requestId });
      await noteKeyRefusal(c.env.DB, error, c.var.now);
      return laterPage();
    }
  },
);

shopRoutes.openapi(
  pageRoute("get", "/checkout/cancelled", {
    summary: "Show a canceled payment",
    description: "The target of the payment page's back link.",
    request: { query: Choice },
    answers: { 200: "A note that nothing was bought." },
  }),
  (c) => cancelledPage(c.req.valid("query")),
);

/** A temporary error as a refusal for the page; null for any other error. */
function refusalOf(error: unknown): OrderRefusal | null {
  if (isStripeOutage(error)) {
    const message =
      "The payment provider does not answer at the moment. You were not charged. Please try again in a minute.";
    return { status: 503, fault: null, message, headers: { "Retry-After": "30" } };
  }
  if (!(error instanceof Problem) || (error.code !== "RATE_LIMITED" && error.code !== "SERVICE_UNAVAILABLE"))
    return null;
  return {
    status: PROBLEMS[error.code].status,
    fault: null,
    message: `${error.detail} You were not charged.`,
    headers: waitHeaders(error),
  };
}

const showPlans = async (c: AppContext, choice: PlanChoice, refusal: OrderRefusal | null): Promise<Response> =>
  planPage({
    isClosed: mayNotSell(c.var.config),
    offers: await readPlanOffers(c),
    choice,
    seller: sellerOf(c.var.config),
    url: c.var.config.PUBLIC_URL,
    isTrialUsed: (await trialOfferFor(c, { trial_days: 1 })).reason === "used",
    formTargets: stripePageOrigins(c.var.config),
    refusal,
  });
