import { operation, z } from "../../../../platform/http/route.ts";
import { brake } from "../../../../platform/identity/act-volume.ts";
import { admin, adminActor, createAdminRouter, Reason } from "../../../../platform/identity/authentication.ts";
import { IdempotencyHeader } from "../../../../platform/storage/idempotency.ts";
import { settle } from "../../../../platform/storage/settle.ts";
import { amendLicense, startCustomerUpdate } from "../../admin/amend.ts";
import { MOST_ISSUED } from "../../admin/limits.ts";
import { AdminLicenseView, adminLicenseView, ChangedLicense, LicenseParams } from "../../license/view.ts";
import { PLAN_IDS } from "../../plans.ts";
import { LICENSE_FIELDS, Note, OwnerAddress } from "./fields.ts";

const AmendmentBody = z
  .object({
    reason: Reason,
    email: OwnerAddress.optional().openapi({
      description:
        "A new owner's address. The key is replaced and mailed to the new address only; the old one is told.",
      example: "ada@example.com",
    }),
    note: Note.nullable().optional().openapi({ description: "null or empty: no note", example: "paid by transfer" }),
    plan: z.enum(PLAN_IDS).optional().openapi({
      description:
        "The license gets this plan's grant. Its machine limit never falls by that, and its end stays: name them, too.",
    }),
    ...LICENSE_FIELDS,
  })
  .strict()
  .refine(({ reason: _, ...fields }) => Object.values(fields).some((value) => value !== undefined), {
    message: "name at least one field to amend",
  })
  .openapi("LicenseAmendment");

/** `POST /v1/admin/licenses/{id}/amend`. */
export const licenseAmend = createAdminRouter();

licenseAmend.openapi(
  operation("post", "/v1/admin/licenses/{id}/amend", {
    tag: "Admin: licenses",
    summary: "Amend a license",
    description:
      "Corrects a license in one act: a field that is left out stays. It undoes no suspension, refund or dispute. Where a " +
      "subscription pays, it adds to what is paid and takes nothing away: `machine_limit` and `expires_at` may exceed the " +
      "paid ones, and the next payment does not undo that; `CONFLICT` for less, or for another `plan` while the " +
      `subscription runs. Only an owner grants more than ${MOST_ISSUED} machines. Idempotent with an \`Idempotency-Key\`.`,
    access: admin("licenses:issue"),
    params: LicenseParams,
    headers: IdempotencyHeader,
    body: AmendmentBody,
    answers: {
      200: [
        "The license as it is now. It has no key: a new one is in the mail to the new address.",
        z.object({ license: AdminLicenseView, edge: ChangedLicense.shape.edge }).openapi("AmendedLicense"),
      ],
    },
    refusals: ["LICENSE_NOT_FOUND", "CONFLICT"],
  }),
  async (c) => {
    const admin = adminActor(c);
    const { reason, ...wanted } = c.req.valid("json");
    const { "idempotency-key": idempotencyKey } = c.req.valid("header");
    await brake(c, "amend");
    const { id } = c.req.valid("param");
    const { license, changes } = await amendLicense(c.env.DB, admin, id, wanted, reason, idempotencyKey);
    const edge = await settle(c, changes);
    await startCustomerUpdate(c.env, license, admin.now);
    return c.json({ license: adminLicenseView(license, admin.now), edge }, 200);
  },
);
