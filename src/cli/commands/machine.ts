import type { Command } from "commander";
import * as z from "zod";
import { path } from "../catalog-client.ts";
import { adminToken, contextOf } from "../context.ts";
import { formatMachines, License } from "../license-view.ts";

/** Adds `machine`: the machines of a license, for admins. */
export function addMachineCommands(program: Command): void {
  const machine = program
    .command("machine")
    .summary("list and remove the machines of a license")
    .description("Machines.");

  machine
    .command("list")
    .summary("list the active machines of a license")
    .argument("<license>", "its id (lic_...)")
    .action(async (id: string, _options: object, command: Command) => {
      const context = await contextOf(command);
      const { license } = await context.client.json(z.looseObject({ license: License }), {
        path: path`/v1/admin/licenses/${id}`,
        credential: adminToken(context),
      });
      context.show({ machines: license.machines ?? [] }, ({ machines }) => formatMachines(machines));
    });

  machine
    .command("remove")
    .summary("free the seat of a machine")
    .argument("<license>", "its id (lic_...)")
    .argument("<machine>", "its id (mach_...)")
    .action(async (licenseId: string, machineId: string, _options: object, command: Command) => {
      const context = await contextOf(command);
      await context.client.send({
        method: "DELETE",
        path: path`/v1/admin/licenses/${licenseId}/machines/${machineId}`,
        credential: adminToken(context),
      });
      context.show({ removed: machineId }, () => `Removed ${machineId}. Its token opens nothing any more.`);
    });
}
