import { checkMayVoidLease, setBar } from "../../../domain/licensing/admin/act.ts";
import type { License, MachineRow } from "../../../domain/licensing/license/record.ts";
import { requireLicense } from "../../../domain/licensing/license/store.ts";
import { MachineParams } from "../../../domain/licensing/license/view.ts";
import { noSuchMachine } from "../../../domain/licensing/machine/seat.ts";
import { CheckField, formatDate } from "../../page/kit.ts";
import { actRoutes, adminActor, goTo, Problem, Reason, reasonField, settle, z } from "../kit.ts";
import { previewBar, previewUnbar } from "./preview-machine.ts";
import { licensePath } from "./words.tsx";

async function readMachine(db: D1Database, id: string, machineId: string): Promise<[License, MachineRow]> {
  const license = await requireLicense(db, id);
  const machine = license.machines.find((one) => one.id === machineId);
  if (!machine) throw new Problem(noSuchMachine);
  return [license, machine];
}

/** The pages that bar a machine from its license. */
export const machineBar = actRoutes("/admin/licenses/{id}/machines/{machine_id}/bar", {
  scope: "licenses:write",
  params: MachineParams,
  does: "bar a machine from a license",
  example: { reason: "the machine was stolen", void_lease: "yes" },
  description: "`void_lease`: owners only.",
  leadsTo: "The page of the license.",
  missing: ["LICENSE_NOT_FOUND", "NOT_FOUND"],
  schema: z.object({ reason: Reason, void_lease: z.literal("yes").optional() }),
  actOf: async (c, { id, machine_id }) => {
    const [license, machine] = await readMachine(c.env.DB, id, machine_id);
    const admin = adminActor(c);
    const maySeize = machine.lease_until > admin.now && admin.scopes.includes("owner");
    const back = licensePath(id);
    return {
      title: "Bar this machine",
      about: `${machine.name ?? machine.id} · ${license.email}`,
      button: "Bar the machine",
      dangerous: true,
      back,
      fields: (entered) => (
        <>
          {maySeize ? (
            <CheckField name="void_lease" checked={entered("void_lease").value === "yes"}>
              Free its seat now, although an offline lease keeps it until {formatDate(machine.lease_until)}
            </CheckField>
          ) : null}
          {reasonField(entered)}
        </>
      ),
      preview: ({ void_lease }) => {
        if (void_lease) checkMayVoidLease(admin);
        return previewBar(machine, void_lease === "yes", admin.now);
      },
      carryOut: async ({ reason, void_lease }) => {
        const wanted = { bar: true, reason, voidLease: void_lease === "yes" };
        const { changes } = await setBar(c.env.DB, admin, id, machine_id, wanted);
        return goTo(c, back, { done: "bar", edge: await settle(c, changes) });
      },
    };
  },
});

/** The pages that lift the bar of a machine. */
export const machineUnbar = actRoutes("/admin/licenses/{id}/machines/{machine_id}/unbar", {
  scope: "licenses:write",
  params: MachineParams,
  does: "lift the bar of a machine",
  example: { reason: "it was returned" },
  leadsTo: "The page of the license.",
  missing: ["LICENSE_NOT_FOUND", "NOT_FOUND"],
  schema: z.object({ reason: Reason }),
  actOf: async (c, { id, machine_id }) => {
    const [license, machine] = await readMachine(c.env.DB, id, machine_id);
    const admin = adminActor(c);
    const back = licensePath(id);
    return {
      title: "Lift this machine's bar",
      about: `${machine.name ?? machine.id} · ${license.email}`,
      button: "Lift the bar",
      back,
      fields: (entered) => reasonField(entered),
      preview: () => previewUnbar(machine),
      carryOut: async ({ reason }) => {
        const { changes } = await setBar(c.env.DB, admin, id, machine_id, { bar: false, reason });
        return goTo(c, back, { done: "unbar", edge: await settle(c, changes) });
      },
    };
  },
});
