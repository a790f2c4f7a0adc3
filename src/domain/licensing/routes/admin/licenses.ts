import { holdsCredential } from "../../../../lib/masking/masked.ts";
import { NextCursor, operation, optionalChoice, PageQuery, page, z } from "../../../../platform/http/route.ts";
import { brake } from "../../../../platform/identity/act-volume.ts";
import { admin, adminActor, createAdminRouter } from "../../../../platform/identity/authentication.ts";
import { IdempotencyHeader } from "../../../../platform/storage/idempotency.ts";
import { settle } from "../../../../platform/storage/settle.ts";
import { issueLicense } from "../../admin/act.ts";
import { MOST_ISSUED } from "../../admin/limits.ts";
import { LICENSE_STATUSES } from "../../license/record.ts";
import { searchLicenses } from "../../license/search.ts";
import { AdminLicenseView, adminLicenseView, ChangedLicense, changedLicense } from "../../license/view.ts";
import { PLAN_IDS } from "../../plans.ts";
import { LICENSE_FIELDS, Note, OwnerAddress } from "./fields.ts";

const NewLicenseBody = z
  .object({
    plan: z.enum(PLAN_IDS),
    email: OwnerAddress.openapi({ example: "ada@example.com" }),
    ...LICENSE_FIELDS,
    send_mail: z.boolean().optional().openapi({
      description: "Whether to mail the key to its owner. The default is true. False: owners only.",
      example: true,
    }),
    note: Note.optional().openapi({ example: "for the review copy" }),
  })
  .strict()
  .openapi("NewLicense");

/** `POST /v1/admin/licenses`. */
export const licenseIssue = createAdminRouter();

licenseIssue.openapi(
  operation("post", "/v1/admin/licenses", {
    tag: "Admin: licenses",
    summary: "Issue a license",
    description:
      "The key is mailed to its owner. With an `Idempotency-Key`, a repeated request returns the license that the first one made. " +
      `Only an owner issues a license for more than ${MOST_ISSUED} machines, or without the mail.`,
    access: admin("licenses:issue"),
    headers: IdempotencyHeader,
    body: NewLicenseBody,
    answers: { 201: ["The license and its key.", ChangedLicense.required({ key: true })] },
    refusals: ["CONFLICT"],
  }),
  async (c) => {
    const admin = adminActor(c);
    const { "idempotency-key": idempotencyKey } = c.req.valid("header");
    const scope = { db: c.env.DB, config: c.var.config };
    await brake(c, "issue");
    const { license, key, changes } = await issueLicense(scope, admin, c.req.valid("json"), idempotencyKey);
    const edge = await settle(c, changes);
    return c.json({ ...changedLicense(license, edge, admin.now), key }, 201);
  },
);

/** `GET /v1/admin/licenses`. */
export const licenseReads = createAdminRouter();

licenseReads.openapi(
  operation("get", "/v1/admin/licenses", {
    tag: "Admin: licenses",
    summary: "Find licenses",
    description: "Newest first.",
    access: admin("licenses:read"),
    query: PageQuery.extend({
      q: z
        .string()
        .max(254)
        .refine(
          (term) => !holdsCredential(term),
          "must not hold a key or token, because addresses are logged: search for its license id",
        )
        .optional()
        .openapi({
          param: {
            description:
              "A license id, the id or fingerprint hash of a machine, an id of Stripe's (`cus_`, `sub_`, `cs_`, `pi_`, `ch_`, " +
              "`evt_`; `in_`, `re_`, `dp_` while their events are kept), or any part of an email address with at least four characters, such as its domain.",
          },
          example: "ada@example.com",
        }),
      status: optionalChoice(LICENSE_STATUSES).openapi({ description: "Only those of this status." }),
      plan: optionalChoice(PLAN_IDS).openapi({ description: "Only those of this plan." }),
    }),
    answers: { 200: ["One page.", z.object({ licenses: z.array(AdminLicenseView), next_cursor: NextCursor })] },
    refusals: ["VALIDATION_FAILED"],
  }),
  async (c) => {
    const { limit, cursor, ...filter } = c.req.valid("query");
    const { now } = c.var;
    const found = await searchLicenses(c.env.DB, { ...filter, before: cursor }, limit + 1, now);
    const { items, next_cursor } = page(found, limit, ({ id }) => id);
    return c.json({ licenses: items.map((license) => adminLicenseView(license, now)), next_cursor }, 200);
  },
);
