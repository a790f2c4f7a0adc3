import { createRoute, type OpenAPIHono, problems, z } from "../../../../platform/http/route.ts";
import {
  ADMIN_PROBLEMS,
  type AdminEnv,
  adminAccess,
  adminActor,
} from "../../../../platform/identity/authentication.ts";
import { settle } from "../../../../platform/storage/settle.ts";
import { MachineParams } from "../../license-params.ts";
import { removeMachine } from "../../machine-removal.ts";

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
    params: MachineParams,
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
    await settle(c, await removeMachine(c.env.DB, adminActor(c), id, machine_id, { voidLease }));
    return c.body(null, 204);
  });
}
