import { operation, z } from "../../../../platform/http/route.ts";
import { admin, adminActor, createAdminRouter, Reason } from "../../../../platform/identity/authentication.ts";
import { settle } from "../../../../platform/storage/settle.ts";
import { AdminLicenseView, adminLicenseView, LicenseParams } from "../../../licensing/license/view.ts";
import { giveBack, revokeForRefund } from "../../refund.ts";
import { purchaseScope } from "../../scope.ts";

/** `POST /v1/admin/licenses/{id}/refund`. */
export const refund = createAdminRouter();

refund.openapi(
  operation("post", "/v1/admin/licenses/{id}/refund", {
    tag: "Admin: licenses",
    summary: "Refund and revoke a license",
    description:
      "Revokes the license, refunds the last payment completely, and ends the subscription. Idempotent: if the " +
      "payment provider fails, the license is revoked already, and a repeated request refunds once.",
    access: admin("licenses:write"),
    params: LicenseParams,
    body: z.object({ reason: Reason.openapi({ example: "bought twice by mistake" }) }).openapi("RefundRequest"),
    answers: {
      200: [
        "The license and the refund.",
        z
          .object({
            license: AdminLicenseView,
            refund: z.object({
              amount: z.number().int().openapi({
                description: "In the currency's smallest unit; 0: nothing was left to refund.",
                example: 27900,
              }),
              currency: z.string().nullable().openapi({ example: "eur" }),
            }),
          })
          .openapi("RefundedLicense"),
      ],
    },
    refusals: ["LICENSE_NOT_FOUND", "CONFLICT", "SERVICE_UNAVAILABLE"],
  }),
  async (c) => {
    const admin = adminActor(c);
    const scope = await purchaseScope(c.env, c.var.config);
    const revoked = await revokeForRefund(scope, admin, c.req.valid("param").id, c.req.valid("json").reason);
    await settle(c, revoked.changes);
    const { license, refund, changes } = await giveBack(scope, admin, revoked.row);
    await settle(c, changes);
    return c.json({ license: adminLicenseView(license, admin.now), refund }, 200);
  },
);
