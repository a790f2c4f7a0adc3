import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { jsonBodyLimit } from "../../../platform/http/body.ts";
import { BODY_PROBLEMS, problems } from "../../../platform/http/problem-schema.ts";
import {
  ADMIN_PROBLEMS,
  type AdminEnv,
  adminAccess,
  adminActor,
  Reason,
} from "../../../platform/identity/authentication.ts";
import { settle } from "../../../platform/storage/settle.ts";
import { ChangedLicense } from "../../licensing/admin-view.ts";
import { LicenseParams } from "../../licensing/license-params.ts";
import { requireLicense } from "../../licensing/license-store.ts";
import { EXAMPLE_LICENSE_ID } from "../../licensing/license-view.ts";
import { erasePerson } from "../erasure.ts";

const route = createRoute({
  ...adminAccess("owner", jsonBodyLimit),
  method: "post",
  path: "/v1/admin/licenses/{id}/erase",
  tags: ["Admin: licenses"],
  summary: "Erase the person behind a license",
  description:
    "Erases the personal data of the license's owner, and ends every license of the same mail address: nobody is left whom they " +
    "could belong to. The payment provider's customers are deleted; its invoices stay, as tax law wants. `CONFLICT` while a " +
    "subscription is running. Repeatable.",
  request: {
    params: LicenseParams,
    body: {
      required: true,
      content: {
        "application/json": {
          schema: z
            .object({ reason: Reason.openapi({ example: "asked for by mail on 3 May, ticket 4711" }) })
            .openapi("Erasure"),
        },
      },
    },
  },
  responses: {
    200: {
      description: "What was erased. Nothing: it was before.",
      content: {
        "application/json": {
          schema: z
            .object({
              licenses: z.array(z.string()).openapi({ example: [EXAMPLE_LICENSE_ID] }),
              customers: z.array(z.string()).openapi({
                description: "The payment provider's customers that were deleted.",
                example: ["cus_QhYrm1"],
              }),
              edge: ChangedLicense.shape.edge,
            })
            .openapi("ErasedPerson"),
        },
      },
    },
    ...problems(...ADMIN_PROBLEMS, "LICENSE_NOT_FOUND", "CONFLICT", ...BODY_PROBLEMS, "SERVICE_UNAVAILABLE"),
  },
});

/** Registers `POST /v1/admin/licenses/{id}/erase`. */
export function registerAdminErase(router: OpenAPIHono<AdminEnv>): void {
  router.openapi(route, async (c) => {
    const { id, email } = await requireLicense(c.env.DB, c.req.valid("param").id);
    const { reason } = c.req.valid("json");
    const scope = { db: c.env.DB, config: c.var.config };
    const { changes, ...erased } = await erasePerson(scope, email, adminActor(c), { reason, last: id });
    return c.json({ ...erased, edge: await settle(c, changes) }, 200);
  });
}
