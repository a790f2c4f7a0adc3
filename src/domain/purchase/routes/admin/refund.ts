import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { jsonBodyLimit } from "../../../../platform/http/body.ts";
import { BODY_PROBLEMS, problems } from "../../../../platform/http/problem-schema.ts";
import {
  ADMIN_PROBLEMS,
  type AdminEnv,
  adminAccess,
  adminActor,
  Reason,
} from "../../../../platform/identity/authentication.ts";
import { settle } from "../../../../platform/storage/settle.ts";
import { AdminLicenseView, adminLicenseView } from "../../../licensing/admin-view.ts";
import { LicenseParams } from "../../../licensing/license-params.ts";
import { purchaseScope } from "../../purchase-scope.ts";
import { giveBack, revokeForRefund } from "../../refund-act.ts";

const route = createRoute({
  ...adminAccess("licenses:write", jsonBodyLimit),
  method: "post",
  path: "/v1/admin/licenses/{id}/refund",
  tags: ["Admin: licenses"],
  summary: "Refund and revoke a license",
  description:
    "Revokes the license, gives back what was paid last, whole, and ends the subscription. In this order, and repeatable: if " +
    "the payment provider fails, the license is revoked already, and asking again gives the money back, once.",
  request: {
    params: LicenseParams,
    body: {
      required: true,
      content: {
        "application/json": {
          schema: z.object({ reason: Reason.openapi({ example: "bought twice by mistake" }) }).openapi("RefundRequest"),
        },
      },
    },
  },
  responses: {
    200: {
      description: "The license, and what was given back.",
      content: {
        "application/json": {
          schema: z
            .object({
              license: AdminLicenseView,
              refund: z.object({
                amount: z
                  .number()
                  .int()
                  .openapi({ description: "In the smallest unit; 0: nothing was left.", example: 27900 }),
                currency: z.string().nullable().openapi({ example: "eur" }),
              }),
            })
            .openapi("RefundedLicense"),
        },
      },
    },
    ...problems(...ADMIN_PROBLEMS, "LICENSE_NOT_FOUND", "CONFLICT", ...BODY_PROBLEMS, "SERVICE_UNAVAILABLE"),
  },
});

/** Registers `POST /v1/admin/licenses/{id}/refund`. */
export function registerRefund(router: OpenAPIHono<AdminEnv>): void {
  router.openapi(route, async (c) => {
    const admin = adminActor(c);
    const scope = await purchaseScope(c.env, c.var.config);
    const revoked = await revokeForRefund(scope, admin, c.req.valid("param").id, c.req.valid("json").reason);
    await settle(c, revoked.changes);
    const { license, refund, changes } = await giveBack(scope, admin, revoked.row);
    await settle(c, changes);
    return c.json({ license: adminLicenseView(license, admin.now), refund }, 200);
  });
}
