import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { ADMIN_PROBLEMS, type AdminEnv, adminAccess, adminActor } from "../../../admin/authentication.ts";
import { Problem } from "../../../http/problem.ts";
import { problems } from "../../../http/problem-schema.ts";
import { publishNow } from "../../../publication.ts";
import { readLicense } from "../../license-store.ts";
import { freeSeat } from "../../machine-store.ts";
import { LicenseParams, licenseNotFound } from "./common.ts";

const route = createRoute({
  ...adminAccess("licenses:write"),
  method: "delete",
  path: "/v1/admin/licenses/{id}/machines/{machine_id}",
  tags: ["Admin: licenses"],
  summary: "Deactivate a machine of a license",
  description:
    "Frees its seat. Repeatable: a machine that holds no seat is a success. A running offline lease keeps its seat, unless an owner " +
    "voids it: for a machine that a thief activated with a leaked key. Its token still verifies offline until it ends.",
  request: {
    query: z.object({
      void_lease: z
        .enum(["true", "false"])
        .optional()
        .openapi({ description: "Free the seat of a lease, too: owners only." }),
    }),
    params: LicenseParams.extend({ machine_id: z.string().openapi({ example: "mach_06b4m2v8w5r7q1t3x9z2k4n6p8" }) }),
  },
  responses: {
    204: { description: "The machine holds no seat." },
    ...problems(...ADMIN_PROBLEMS, "LICENSE_NOT_FOUND", "VALIDATION_FAILED"),
  },
});

/** Registers `DELETE /v1/admin/licenses/{id}/machines/{machine_id}`. */
export function registerMachineRemove(router: OpenAPIHono<AdminEnv>): void {
  router.openapi(route, async (c) => {
    const { id, machine_id } = c.req.valid("param");
    const voidLease = c.req.valid("query").void_lease === "true";
    if (voidLease && !c.var.admin.scopes.includes("owner")) {
      throw new Problem({ code: "INSUFFICIENT_SCOPE", detail: "Only an owner voids a lease." });
    }
    if (!(await readLicense(c.env.DB, id))) throw new Problem(licenseNotFound);
    const changeId = await freeSeat(c.env.DB, id, { id: machine_id }, adminActor(c), { voidLease });
    if (changeId !== null) await publishNow(c, { topic: "license", key: id }, [changeId]);
    return c.body(null, 204);
  });
}
