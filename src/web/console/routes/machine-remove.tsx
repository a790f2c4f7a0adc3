import { z } from "@hono/zod-openapi";
import { MachineParams } from "../../../domain/licensing/license-params.ts";
import { requireLicense } from "../../../domain/licensing/license-store.ts";
import { checkMayVoidLease, removeMachine } from "../../../domain/licensing/machine-removal.ts";
import { Problem } from "../../../platform/http/problem.ts";
import { adminActor } from "../../../platform/identity/authentication.ts";
import { formatDate } from "../../page/kit.ts";
import { previewMachineRemoval } from "../act-preview.ts";
import { registerAct } from "../act-routes.ts";
import type { ConsoleContext } from "../console-page.tsx";
import { createConsoleRouter } from "../console-router.ts";
import { donePath } from "../done.tsx";
import { licensePath } from "../license-path.ts";
import { Reason, reasonField } from "../reason-field.tsx";
import type { TwoStepAct } from "../two-step-act.tsx";

const Removal = z.object({ reason: Reason, void_lease: z.literal("yes").optional() });

export const machineRemove = createConsoleRouter();

registerAct(machineRemove, {
  path: "/admin/licenses/{id}/machines/{machine_id}/remove",
  scope: "licenses:write",
  params: MachineParams,
  does: "free a machine's seat",
  example: { reason: "the machine was stolen", void_lease: "yes" },
  description: "`void_lease`: owners only.",
  leadsTo: "The license, changed.",
  missing: ["LICENSE_NOT_FOUND", "NOT_FOUND"],
  actOf: twoStep,
});

async function twoStep(
  c: ConsoleContext,
  { id, machine_id }: z.output<typeof MachineParams>,
): Promise<TwoStepAct<z.output<typeof Removal>>> {
  const license = await requireLicense(c.env.DB, id);
  const machine = license.machines.find((one) => one.id === machine_id);
  if (!machine) throw new Problem({ code: "NOT_FOUND", detail: "This license has no such machine." });
  const admin = adminActor(c);
  const maySeize = machine.lease_until > admin.now && admin.scopes.includes("owner");
  const back = licensePath(id);
  return {
    part: "/admin/licenses",
    title: "Free this machine's seat",
    about: `${machine.name ?? machine.id} · ${license.email}`,
    button: "Free the seat",
    dangerous: true,
    back,
    schema: Removal,
    fields: (sent, errors) => (
      <>
        {maySeize ? (
          <p>
            <label>
              <input type="checkbox" name="void_lease" value="yes" checked={sent["void_lease"] === "yes"} /> Free it
              although an offline lease keeps it until {formatDate(machine.lease_until)}: for a seat that a thief has
              taken
            </label>
          </p>
        ) : null}
        {reasonField(sent, errors)}
      </>
    ),
    preview: ({ void_lease }) => {
      if (void_lease) checkMayVoidLease(admin);
      return previewMachineRemoval(machine, void_lease === "yes", admin.now);
    },
    carryOut: async ({ reason, void_lease }) => {
      const edge = await removeMachine(c, admin, id, machine_id, { voidLease: void_lease === "yes", reason });
      return c.redirect(donePath(back, { done: "remove", edge }), 303);
    },
  };
}
