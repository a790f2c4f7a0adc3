import { ANYONE, createRouter, operation, publicCors, z } from "../../../platform/http/route.ts";
import { BILLING_INTERVALS, plans, SOLD_PLANS } from "../../licensing/plans.ts";
import { readPrices, TAX_BEHAVIORS } from "../prices.ts";

const PriceView = z
  .object({
    amount: z.number().int().openapi({ description: "In the currency's smallest unit.", example: 9900 }),
    currency: z.string().openapi({ example: "usd" }),
    amounts: z.record(z.string(), z.number().int()).openapi({
      description: "The amount in every currency that the plan is sold in, each in its smallest unit.",
      example: { usd: 9900, eur: 8900 },
    }),
    interval: z.enum(BILLING_INTERVALS).nullable().openapi({ description: "null: paid once", example: "month" }),
    machines: z.number().int().openapi({
      description: "The amount is due for every group of this many machines, also an incomplete one.",
      example: 5,
    }),
    tax_behavior: z.enum(TAX_BEHAVIORS).nullable().openapi({
      description: "`exclusive`: tax is added. `inclusive`: the amount includes it. null: not known.",
      example: "exclusive",
    }),
  })
  .openapi("Price");

const PlanView = z
  .object({
    id: z.enum(SOLD_PLANS),
    name: z.string().openapi({ example: "Premium, monthly" }),
    description: z.string(),
    entitlements: z.array(z.string()).openapi({ example: ["llm-worker-rbee-premium-*"] }),
    versions: z.string().openapi({ description: "Semver range.", example: "*" }),
    updates_days: z.number().int().nullable().openapi({
      description: "The license covers releases that are published within these days after the purchase. null: all.",
      example: 365,
    }),
    machine_limit: z.number().int().openapi({ description: "Unless more are bought.", example: 5 }),
    offline_days: z.number().int().openapi({ description: "Longest offline lease.", example: 7 }),
    trial_days: z.number().int().openapi({ example: 14 }),
    billing: z.enum(["monthly", "yearly", "once"]).openapi({ example: "monthly" }),
    price: PriceView.nullable().openapi({ description: "null while the payment provider does not answer." }),
  })
  .openapi("Plan");

/** The names of billing in the API. */
const BILLING_NAMES = { month: "monthly", year: "yearly", once: "once" } as const;

/** `GET /v1/plans`. Plans that only an admin issues are not listed. */
export const planList = createRouter();
planList.use("/v1/plans", publicCors);

planList.openapi(
  operation("get", "/v1/plans", {
    tag: "Purchase",
    summary: "The plans on sale",
    description: "The grant and price of each plan. `POST /v1/checkout` buys one.",
    access: ANYONE,
    answers: { 200: ["The plans.", z.object({ plans: z.array(PlanView) })] },
    refusals: ["INTERNAL_ERROR"],
  }),
  async (c) => {
    const prices = await readPrices(c.env.DB, c.var.config, c.var.now);
    const onSale = SOLD_PLANS.map((id): z.infer<typeof PlanView> => {
      const { duration_days: _byHand, billing, ...plan } = plans[id];
      return { ...plan, billing: BILLING_NAMES[billing.interval], price: prices[id] ?? null };
    });
    const priced = onSale.every(({ price }) => price !== null);
    c.header("Cache-Control", priced ? "public, max-age=300" : "no-store");
    return c.json({ plans: onSale }, 200);
  },
);
