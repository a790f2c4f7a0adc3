import { holdsCredential } from "../../../../lib/credential.ts";
import { NextCursor, operation, optionalChoice, PageQuery, page, z } from "../../../../platform/http/route.ts";
import { admin, createAdminRouter } from "../../../../platform/identity/authentication.ts";
import { LICENSE_STATUSES } from "../../license/record.ts";
import { searchLicenses } from "../../license/search.ts";
import { requireLicense } from "../../license/store.ts";
import { AdminLicenseView, adminLicenseView, LicenseParams } from "../../license/view.ts";
import { PLAN_IDS } from "../../plans.ts";

/** `GET /v1/admin/licenses` and one of them. */
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
              "`evt_`; `in_`, `re_`, `dp_` while their events are kept), or the beginning of a mail address.",
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
licenseReads.openapi(
  operation("get", "/v1/admin/licenses/{id}", {
    tag: "Admin: licenses",
    summary: "Show a license",
    description: "Everything except its key, which only its owner needs.",
    access: admin("licenses:read"),
    params: LicenseParams,
    answers: { 200: ["The license.", z.object({ license: AdminLicenseView })] },
    refusals: ["LICENSE_NOT_FOUND"],
  }),
  async (c) => {
    const license = await requireLicense(c.env.DB, c.req.valid("param").id);
    return c.json({ license: adminLicenseView(license, c.var.now) }, 200);
  },
);
