import { requireOrder } from "../../domain/purchase/checkout/order.ts";
import { checkMayResolve, foreseeResolution } from "../../domain/purchase/checkout/resolve.ts";
import { MachineCount, PlanOnSale } from "../../domain/purchase/checkout/start.ts";
import { OrderParams, resolutionOf } from "../../domain/purchase/routes/orders.ts";
import { purchaseScope } from "../../domain/purchase/sync.ts";
import { MailAddress } from "../../lib/mail-address.ts";
import { operation, z } from "../../platform/http/route.ts";
import { admin, adminActor, createAdminRouter } from "../../platform/identity/authentication.ts";
import { orderInLine, previewResolution } from "../console/money/preview.ts";
import { DESCRIPTION, PreviewAnswer } from "./answer.ts";

/** `GET /v1/admin/orders/{id}/preview`. */
export const orderPreview = createAdminRouter();

const WayQuery = z
  .object({
    act: z.literal("resolve").openapi({ param: { description: "The act to preview." } }),
    plan: PlanOnSale.optional().openapi({ param: { description: "By a license of this plan." } }),
    machines: z
      .string()
      .regex(/^[0-9]{1,9}$/, "must be a number")
      .transform(Number)
      .pipe(MachineCount)
      .optional()
      .openapi({ param: { description: "With `plan`: the machines." }, type: "integer", example: 5 }),
    email: MailAddress.toLowerCase()
      .optional()
      .openapi({ param: { description: "With `plan`: the buyer's address, if the order has none." } }),
    license: z
      .string()
      .optional()
      .openapi({ param: { description: "By giving the payment to this license." } }),
    refund: z
      .literal("true")
      .optional()
      .openapi({ param: { description: "By a refund." } }),
  })
  .refine(({ plan, license, refund }) => [plan, license, refund].filter((one) => one !== undefined).length === 1, {
    message: "send exactly one of plan, license and refund",
  });

orderPreview.openapi(
  operation("get", "/v1/admin/orders/{id}/preview", {
    tag: "Admin: money",
    summary: "Preview the solution of a held order",
    description: DESCRIPTION,
    access: admin("licenses:read"),
    params: OrderParams,
    query: WayQuery,
    answers: { 200: ["The consequences.", PreviewAnswer] },
    refusals: ["VALIDATION_FAILED", "NOT_FOUND", "LICENSE_NOT_FOUND", "CONFLICT", "SERVICE_UNAVAILABLE"],
  }),
  async (c) => {
    const { id } = c.req.valid("param");
    const { act, refund: _, ...way } = c.req.valid("query");
    const actor = adminActor(c);
    const wanted = resolutionOf(way);
    checkMayResolve(actor, wanted);
    const order = await requireOrder(c.env.DB, id);
    const foreseen = await foreseeResolution(await purchaseScope(c.env, c.var.config), actor, id, wanted);
    return c.json(
      { act, subject: order.id, about: orderInLine(order), consequences: previewResolution(foreseen) },
      200,
    );
  },
);
