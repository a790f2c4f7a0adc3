import { MailAddress } from "../../../../lib/mail-address.ts";
import { currentTime, END_OF_TIME, fromRfc3339 } from "../../../../lib/time.ts";
import { operation, z } from "../../../../platform/http/route.ts";
import { admin, adminActor, createAdminRouter } from "../../../../platform/identity/authentication.ts";
import { IdempotencyHeader } from "../../../../platform/storage/idempotency.ts";
import { settle } from "../../../../platform/storage/settle.ts";
import { issueLicense } from "../../admin/issue.ts";
import { adminLicenseView, ChangedLicense } from "../../license/view.ts";
import { PLAN_IDS } from "../../plans.ts";

const NewLicenseBody = z
  .object({
    plan: z.enum(PLAN_IDS),
    email: MailAddress.transform((email) => email.toLowerCase()).openapi({ example: "ada@example.com" }),
    machine_limit: z.number().int().min(1).max(100_000).optional().openapi({ example: 5 }),
    expires_at: z.iso
      .datetime({ offset: true })
      .transform(fromRfc3339)
      .refine((at) => at > currentTime() && at <= END_OF_TIME, "must lie in the future")
      .nullable()
      .optional()
      .openapi({ type: ["string", "null"], format: "date-time", description: "null: never", example: null }),
    send_mail: z.boolean().optional().openapi({
      description: "Whether to mail the key to its owner. The default is true.",
      example: true,
    }),
    note: z.string().max(1000).optional().openapi({ example: "for the review copy" }),
  })
  .strict()
  .openapi("NewLicense");

/** `POST /v1/admin/licenses`. */
export const licenseIssue = createAdminRouter();

licenseIssue.openapi(
  operation("post", "/v1/admin/licenses", {
    tag: "Admin: licenses",
    summary: "Issue a license",
    description: "With an `Idempotency-Key`, a repeated request returns the license that the first one made.",
    access: admin("licenses:write"),
    headers: IdempotencyHeader,
    body: NewLicenseBody,
    answers: { 201: ["The license and its key.", ChangedLicense.required({ key: true })] },
    refusals: ["CONFLICT"],
  }),
  async (c) => {
    const admin = adminActor(c);
    const { "idempotency-key": idempotencyKey } = c.req.valid("header");
    const scope = { db: c.env.DB, config: c.var.config };
    const { license, key, changes } = await issueLicense(scope, admin, c.req.valid("json"), idempotencyKey);
    const edge = await settle(c, changes);
    return c.json({ license: adminLicenseView(license, admin.now), key, edge }, 201);
  },
);
