import { ANYONE, createRouter, operation, publicCors, z } from "../../../platform/http/route.ts";
import { plans, SOLD_PLANS } from "../../licensing/plans.ts";
import { readPrices } from "../prices.ts";

const PriceView = z
  .object({
    amount: z.number().int().openapi({ description: "In the currency's smallest unit.", example: 9900 }),
    currency: z.string().openapi({ example: "usd" }),
    interval: z.enum(["month"]).nullable().openapi({ description: "null: paid once", example: "month" }),
    machines: z.number().int().openapi({
      description: "The amount is due for every group of this many machines, also an incomplete one.",
      example: 5,
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
    machine_limit: z.number().int().openapi({ description: "Unless more are bought.", example: 5 }),
    offline_days: z.number().int().openapi({ description: "Longest offline lease.", example: 7 }),
    trial_days: z.number().int().openapi({ example: 14 }),
    billing: z.enum(["monthly", "once"]),
    price: PriceView.nullable().openapi({ description: "null while the payment provider does not answer." }),
  })
  .openapi("Plan");

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
    const prices = await readPrices(c.var.config, c.var.now);
    const onSale = SOLD_PLANS.map((id): z.infer<typeof PlanView> => {
      const { duration_days: _byHand, updates_until: _none, ...plan } = plans[id];
      return { ...plan, price: prices[id] ?? null };
    });
    const priced = onSale.every(({ price }) => price !== null);
    c.header("Cache-Control", priced ? "public, max-age=300" : "no-store");
    return c.json({ plans: onSale }, 200);
  },
);
