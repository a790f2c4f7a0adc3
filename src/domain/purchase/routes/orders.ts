import { MailAddress } from "../../../lib/mail-address.ts";
import { operation, z } from "../../../platform/http/route.ts";
import { brake } from "../../../platform/identity/act-volume.ts";
import { admin, adminActor, createAdminRouter, Reason } from "../../../platform/identity/authentication.ts";
import { settle } from "../../../platform/storage/settle.ts";
import { AdminLicenseView, adminLicenseView, EXAMPLE_LICENSE_ID } from "../../licensing/license/view.ts";
import { requireOrder } from "../checkout/order.ts";
import { AdminOrderView, adminOrderView } from "../checkout/order-view.ts";
import { type Resolution, resolveOrder } from "../checkout/resolve.ts";
import { MachineCount, PlanOnSale } from "../checkout/start.ts";
import { purchaseScope } from "../sync.ts";

/** One order, and solving a held one. The list is in `domain/money`. */
export const orderRoutes = createAdminRouter();

export const OrderParams = z.object({
  id: z.string().max(300).openapi({
    description: "The order, by its id or by Stripe's id of its checkout session.",
    example: "ord_06b4m2v8w5r7q1t3x9z2k4n6p8",
  }),
});

orderRoutes.openapi(
  operation("get", "/v1/admin/orders/{id}", {
    tag: "Admin: money",
    summary: "Show an order",
    description: "A checkout with its buyer, its license, and the reason if it is held.",
    access: admin("licenses:read"),
    params: OrderParams,
    answers: { 200: ["The order.", z.object({ order: AdminOrderView })] },
    refusals: ["NOT_FOUND"],
  }),
  async (c) => c.json({ order: adminOrderView(await requireOrder(c.env.DB, c.req.valid("param").id)) }, 200),
);

/** The body of a resolution: a reason, and exactly one of `plan`, `license` and `refund`. */
export const ResolutionRequest = z
  .object({
    reason: Reason.openapi({ example: "the price had lost its lookup key, ticket 4711" }),
    plan: PlanOnSale.optional().openapi({ description: "Make a license of this plan for the payment." }),
    machines: MachineCount.optional().openapi({
      description: "With `plan`: the machines, rounded up to whole blocks. The default is the order's number.",
    }),
    email: MailAddress.toLowerCase().optional().openapi({
      description: "With `plan`: the buyer's address, if the order has none.",
      example: "ada@example.com",
    }),
    license: z.string().optional().openapi({
      description: "Give the payment to this license. One without a payment of its own follows it from now on.",
      example: EXAMPLE_LICENSE_ID,
    }),
    refund: z.literal(true).optional().openapi({ description: "Refund the payment, and end its subscription." }),
  })
  .strict()
  .superRefine(({ plan, license, refund, machines, email }, context) => {
    const chosen = [plan, license, refund].filter((one) => one !== undefined).length;
    if (chosen !== 1) context.addIssue({ code: "custom", message: "send exactly one of plan, license and refund" });
    if (plan === undefined && (machines !== undefined || email !== undefined)) {
      context.addIssue({ code: "custom", message: "machines and email need a plan" });
    }
  })
  .openapi("OrderResolution");

/** The resolution that a valid request asks for. */
export function resolutionOf({
  plan,
  machines,
  email,
  license,
}: Omit<z.infer<typeof ResolutionRequest>, "reason">): Resolution {
  if (plan !== undefined) return { plan, machines, email };
  return license === undefined ? { refund: true } : { license };
}

orderRoutes.openapi(
  operation("post", "/v1/admin/orders/{id}/resolve", {
    tag: "Admin: money",
    summary: "Solve a held order",
    description:
      "Solves an order that is paid and that no license could be made of: by a license of a `plan`, which needs the scope " +
      "`licenses:issue`; by giving the payment to a `license` (`licenses:write`); or by a `refund` (`money:refund`). The " +
      "buyer is told by mail. If the cause is fixed instead, for example a price's lookup key, retry the payment event. " +
      "Idempotent: an order that was solved in the same way is answered as it is.",
    access: admin("licenses:read"),
    params: OrderParams,
    body: ResolutionRequest,
    answers: {
      200: [
        "The order as it is now, its license, and the refund.",
        z
          .object({
            order: AdminOrderView,
            license: AdminLicenseView.nullable(),
            refund: z
              .object({
                amount: z.number().int().openapi({ description: "In the smallest unit.", example: 27900 }),
                currency: z.string().nullable().openapi({ example: "eur" }),
              })
              .nullable(),
          })
          .openapi("ResolvedOrder"),
      ],
    },
    refusals: ["NOT_FOUND", "LICENSE_NOT_FOUND", "CONFLICT", "SERVICE_UNAVAILABLE"],
  }),
  async (c) => {
    const { reason, ...request } = c.req.valid("json");
    const wanted = resolutionOf(request);
    const by = adminActor(c);
    if ("refund" in wanted) await brake(c, "refund");
    if ("plan" in wanted) await brake(c, "issue");
    const scope = await purchaseScope(c.env, c.var.config);
    const solved = await resolveOrder(scope, by, c.req.valid("param").id, wanted, reason);
    await settle(c, solved.changes);
    const license = solved.license && adminLicenseView(solved.license, by.now);
    const refund = solved.refund && { amount: solved.refund.amount, currency: solved.refund.currency };
    return c.json({ order: adminOrderView(solved.order), license, refund }, 200);
  },
);
