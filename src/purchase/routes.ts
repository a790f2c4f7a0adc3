import { createRoute, z } from "@hono/zod-openapi";
import { createRouter } from "../http/app.ts";
import { problems } from "../http/problem-schema.ts";
import { PLAN_IDS, plans } from "./plans.ts";

const PlanView = z
  .object({
    id: z.enum(PLAN_IDS),
    name: z.string().openapi({ example: "Premium, monthly" }),
    description: z.string(),
    entitlements: z.array(z.string()).openapi({ example: ["llm-worker-rbee-premium-*"] }),
    versions: z.string().openapi({ description: "Semver range.", example: "*" }),
    machine_limit: z.number().int().openapi({ example: 5 }),
    offline_days: z.number().int().openapi({ description: "Longest offline lease.", example: 7 }),
    trial_days: z.number().int().openapi({ example: 14 }),
    billing: z.enum(["monthly", "once"]),
  })
  .openapi("Plan");

const route = createRoute({
  method: "get",
  path: "/v1/plans",
  tags: ["Purchase"],
  summary: "The plans on sale",
  description: "What each plan grants.",
  security: [],
  responses: {
    200: {
      description: "The plans.",
      content: { "application/json": { schema: z.object({ plans: z.array(PlanView) }) } },
    },
    ...problems("INTERNAL_ERROR"),
  },
});

/** The plans that anybody can buy; those that only an admin issues are not on sale. */
const onSale = PLAN_IDS.flatMap((id): z.infer<typeof PlanView>[] => {
  const { duration_days: _byHand, billing, ...plan } = plans[id];
  return billing === "admin" ? [] : [{ ...plan, billing }];
});

/** What can be bought. */
export const planRoutes = createRouter();

planRoutes.openapi(route, (c) => {
  c.header("Cache-Control", "public, max-age=300");
  return c.json({ plans: onSale }, 200);
});
