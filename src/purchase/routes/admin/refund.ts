import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { ADMIN_PROBLEMS, type AdminEnv, adminAccess, adminActor } from "../../../admin/authentication.ts";
import { jsonBodyLimit } from "../../../http/foundation.ts";
import { Problem } from "../../../http/problem.ts";
import { problems } from "../../../http/problem-schema.ts";
import { AdminLicenseView, adminLicenseView } from "../../../licensing/admin-view.ts";
import type { License } from "../../../licensing/license-record.ts";
import { type LicensePatch, readLicense, updateLicense } from "../../../licensing/license-store.ts";
import { LicenseParams, licenseNotFound } from "../../../licensing/routes/admin/common.ts";
import { type Actor, newChange } from "../../../storage/ledger.ts";
import { syncLicense } from "../../license-sync.ts";
import { publishLicenses, purchaseScope } from "../../purchase-scope.ts";
import { refundLicense } from "../../refund.ts";

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
          schema: z
            .object({ reason: z.string().trim().min(1).max(500).openapi({ example: "bought twice by mistake" }) })
            .openapi("RefundRequest"),
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
    ...problems(
      ...ADMIN_PROBLEMS,
      "LICENSE_NOT_FOUND",
      "CONFLICT",
      "MALFORMED_REQUEST",
      "VALIDATION_FAILED",
      "PAYLOAD_TOO_LARGE",
      "SERVICE_UNAVAILABLE",
    ),
  },
});

/** Registers `POST /v1/admin/licenses/{id}/refund`. */
export function registerRefund(router: OpenAPIHono<AdminEnv>): void {
  router.openapi(route, async (c) => {
    const { id } = c.req.valid("param");
    const { reason } = c.req.valid("json");
    const actor = adminActor(c);
    const scope = await purchaseScope(c.env, c.var.config);
    const { DB } = c.env;
    const { license, changeIds } = await act(DB, id, actor, "license.refund", { admin_state: "revoked" }, { reason });
    await publishLicenses(c, [{ licenseId: id, changeIds }]);
    const refund = await refundLicense(scope.stripe, license);
    if (refund.amount > 0) await act(DB, id, actor, "license.refunded", {}, { details: refund });
    await publishLicenses(c, [await syncLicense(DB, scope.stripe, id, scope.graceDays, actor)]);
    const after = (await readLicense(c.env.DB, id)) ?? license;
    return c.json({ license: adminLicenseView(after, actor.now), refund }, 200);
  });
}

/** Writes one of a refund's two entries to the audit trail, with `patch`: that it was asked for, and what was given back. */
async function act(
  db: D1Database,
  id: string,
  actor: Actor,
  action: "license.refund" | "license.refunded",
  patch: LicensePatch,
  entry: { reason?: string; details?: Record<string, unknown> },
): Promise<{ license: License; changeIds: string[] }> {
  for (let attempt = 0; attempt < 10; attempt++) {
    const license = await readLicense(db, id);
    if (!license) throw new Problem(licenseNotFound);
    if (license.checkout_session_id === null) {
      throw new Problem({ code: "CONFLICT", detail: "This license was not bought here; there is nothing to refund." });
    }
    const change = newChange(actor, { action, subject: id, details: patch, ...entry });
    if (await updateLicense(db, license, patch, change)) return { license, changeIds: [change.id] };
  }
  throw new Problem({ code: "CONFLICT", detail: "The license is being changed by others. Please try again." });
}
