import { operation, z } from "../../platform/http/route.ts";
import { admin, adminActor, createAdminRouter, Reason } from "../../platform/identity/authentication.ts";
import { type Changes, settle } from "../../platform/storage/settle.ts";
import { requireLicense } from "../licensing/license/store.ts";
import { ChangedLicense, EXAMPLE_LICENSE_ID, LicenseParams } from "../licensing/license/view.ts";
import { erasePerson } from "./erasure.ts";

/** `POST /v1/admin/licenses/{id}/erase`. */
export const eraseRoutes = createAdminRouter();

eraseRoutes.openapi(
  operation("post", "/v1/admin/licenses/{id}/erase", {
    tag: "Admin: licenses",
    summary: "Erase the person behind a license",
    description:
      "Erases the personal data of the license's owner, and ends every license of the same email address, because " +
      "a license without an owner cannot be supported. The payment provider's customers are deleted; its invoices " +
      "stay, because tax law requires them. `CONFLICT` while a subscription is running, or a paid order of the address is `held`. Idempotent.",
    access: admin("owner"),
    params: LicenseParams,
    body: z
      .object({ reason: Reason.openapi({ example: "asked for by mail on 3 May, ticket 4711" }) })
      .openapi("Erasure"),
    answers: {
      200: [
        "The erased data. Empty if it was erased before.",
        z
          .object({
            licenses: z.array(z.string()).openapi({ example: [EXAMPLE_LICENSE_ID] }),
            customers: z.array(z.string()).openapi({
              description: "The payment provider's customers that were deleted.",
              example: ["cus_QhYrm1"],
            }),
            edge: ChangedLicense.shape.edge,
            statistics: z.enum(["erased", "pending"]).openapi({
              description: "`pending`: the statistics do not answer. The cron erases them, too, when they do.",
              example: "erased",
            }),
          })
          .openapi("ErasedPerson"),
      ],
    },
    refusals: ["LICENSE_NOT_FOUND", "CONFLICT", "SERVICE_UNAVAILABLE"],
  }),
  async (c) => {
    const { id, email } = await requireLicense(c.env.DB, c.req.valid("param").id);
    const { reason } = c.req.valid("json");
    const scope = { ...c.env, config: c.var.config, settle: (changes: Changes) => settle(c, changes) };
    return c.json(await erasePerson(scope, email, adminActor(c), { reason, last: id }), 200);
  },
);
