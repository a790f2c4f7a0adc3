import { operation, z } from "../../../platform/http/route.ts";
import { brake } from "../../../platform/identity/act-volume.ts";
import { admin, adminActor, createAdminRouter, Reason } from "../../../platform/identity/authentication.ts";
import { IdempotencyHeader } from "../../../platform/storage/idempotency.ts";
import { ChangedLicense, changedLicense, LicenseParams } from "../../licensing/license/view.ts";
import { revokeLicense } from "../revocation.ts";

/** `POST /v1/admin/licenses/{id}/revoke`. */
export const revoke = createAdminRouter();

revoke.openapi(
  operation("post", "/v1/admin/licenses/{id}/revoke", {
    tag: "Admin: licenses",
    summary: "Revoke a license",
    description:
      "Ends the license for good: no new token at once, usually no download after 40 s. Its subscription goes on being " +
      "billed, and the answer warns of that, unless `cancel_subscription` is true. Then the subscription is canceled at " +
      "the payment provider at once, without a refund, and that is retried until it succeeds. Repeating it changes nothing.",
    access: admin("licenses:write"),
    params: LicenseParams,
    headers: IdempotencyHeader,
    body: z
      .object({
        reason: Reason,
        cancel_subscription: z.boolean().optional().openapi({
          description: "Cancel its subscription, too. The default is false.",
          example: true,
        }),
      })
      .openapi("LicenseRevocation"),
    answers: { 200: ["The license as it is now.", ChangedLicense] },
    refusals: ["LICENSE_NOT_FOUND", "CONFLICT", "SERVICE_UNAVAILABLE"],
  }),
  async (c) => {
    const admin = adminActor(c);
    await brake(c, "revoke");
    const { reason, cancel_subscription: cancelSubscription = false } = c.req.valid("json");
    const idempotencyKey = c.req.header("Idempotency-Key");
    const wanted = { id: c.req.valid("param").id, reason, cancelSubscription, idempotencyKey };
    const { license, edge } = await revokeLicense(c, admin, wanted);
    return c.json(changedLicense(license, edge, admin.now), 200);
  },
);
