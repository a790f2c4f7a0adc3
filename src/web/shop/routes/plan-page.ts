import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { MachineCount, MOST_MACHINES, PlanOnSale, startCheckout } from "../../../domain/purchase/checkout/start.ts";
import { readPlanOffers } from "../../../domain/purchase/prices.ts";
import { isStripeOutage, stripePageOrigins } from "../../../domain/purchase/stripe.ts";
import { jsonBodyLimit } from "../../../platform/http/body.ts";
import { PROBLEMS, Problem, waitHeaders } from "../../../platform/http/problem.ts";
import type { AppContext, AppEnv } from "../../../platform/http/router.ts";
import { ownForm } from "../../../platform/identity/session/form.ts";
import { FORM_REFUSALS, formBody, pageDocs } from "../../page/kit.ts";
import { type OrderRefusal, planPage } from "../plan-page.tsx";

const plans = createRoute({
  method: "get",
  path: "/plans",
  ...pageDocs({
    summary: "Plans and prices, as a page",
    description:
      "As `GET /v1/plans`. It says what plans grant even while the payment provider does not say what they cost.",
    answers: { 200: "The plans." },
  }),
});

const order = createRoute({
  method: "post",
  path: "/checkout",
  ...pageDocs({
    summary: "Buy a plan by form",
    description: "As `POST /v1/checkout`, and leads straight to the payment page.",
    leadsTo: "The payment page.",
    answers: {
      422: "The plans, saying what is wrong with the order.",
      429: "The plans, saying that too many checkouts were begun.",
      503: "The plans, saying that nothing can be bought just now.",
    },
    refusals: FORM_REFUSALS,
  }),
  middleware: [jsonBodyLimit, ownForm],
  request: { body: formBody({ plan: "premium-monthly", machines: "5" }) },
});

/** Registers `GET /plans` and `POST /checkout`. */
export function registerPlanPage(router: OpenAPIHono<AppEnv>): void {
  router.openapi(plans, (c) => showPlans(c, null));

  router.openapi(order, async (c) => {
    const { plan: wanted, machines = "" } = c.req.valid("form");
    const plan = PlanOnSale.safeParse(wanted);
    if (!plan.success) {
      return showPlans(c, { status: 422, fault: null, message: "This plan is not on sale. Please choose another." });
    }
    const count = MachineCount.safeParse(machines.trim() === "" ? Number.NaN : Number(machines));
    if (!count.success) {
      const message = `Enter a whole number from 1 to ${MOST_MACHINES}.`;
      return showPlans(c, { status: 422, fault: { plan: plan.data, machines, message }, message });
    }
    try {
      const { url } = await startCheckout(c, { plan: plan.data, machines: count.data });
      c.header("Cache-Control", "no-store");
      return c.redirect(url, 303);
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === null) throw error;
      return showPlans(c, refusal);
    }
  });
}

/** What a buyer can wait for, as the page says it; null for any other error. */
function refusalOf(error: unknown): OrderRefusal | null {
  if (isStripeOutage(error)) {
    const message = "The payment provider does not answer just now. Nothing was charged; please try again in a minute.";
    return { status: 503, fault: null, message, headers: { "Retry-After": "30" } };
  }
  if (!(error instanceof Problem) || (error.code !== "RATE_LIMITED" && error.code !== "SERVICE_UNAVAILABLE"))
    return null;
  return {
    status: PROBLEMS[error.code].status,
    fault: null,
    message: `${error.detail} Nothing was charged.`,
    headers: waitHeaders(error),
  };
}

const showPlans = async (c: AppContext, refusal: OrderRefusal | null): Promise<Response> =>
  planPage({
    offers: await readPlanOffers(c),
    url: c.var.config.PUBLIC_URL,
    formTargets: stripePageOrigins(c.var.config),
    refusal,
  });
