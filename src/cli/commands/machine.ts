import { path } from "../catalog-client.ts";
import type { CatalogCommand } from "../command.ts";
import { agreed, type ConsentOptions, withConsent } from "../consent.ts";
import { LICENSE, LicenseAnswer, REASON, showLicense } from "../license-answer.ts";
import { formatBarred, formatMachines } from "../license-view.ts";

type RemovalOptions = ConsentOptions & { reason?: string; voidLease?: true };
type BarOptions = ConsentOptions & { reason: string; voidLease?: true };

const MACHINE = ["<machine>", "the machine's id (mach_...)"] as const;
const VOID_LEASE = ["--void-lease", "free the seat of a running offline lease, too (owners only)"] as const;

/** Adds `machine`, the admin's commands for the machines of a license. */
export function addMachineCommands(program: CatalogCommand): void {
  const machine = program.command("machine").description("Lists, removes and bars the machines of a license.");

  machine
    .command("list")
    .summary("list the machines with a seat, and the barred ones")
    .argument(...LICENSE)
    .runAsAdmin(async ({ client, show }, id: string) => {
      const { license } = await client.json(LicenseAnswer, { path: path`/v1/admin/licenses/${id}` });
      const { machines = [], barred_machines = [] } = license;
      show({ machines, barred_machines }, () =>
        [formatMachines(machines), ...(barred_machines.length > 0 ? [formatBarred(barred_machines)] : [])].join("\n\n"),
      );
    });

  withConsent(machine.command("remove"))
    .summary("free the seat of a machine")
    .argument(...LICENSE)
    .argument(...MACHINE)
    .option(...REASON)
    .option(...VOID_LEASE)
    .runAsAdmin(async (context, licenseId: string, machineId: string, options: RemovalOptions) => {
      const { reason, voidLease } = options;
      const at = path`/v1/admin/licenses/${licenseId}/machines/${machineId}`;
      const preview = { path: `${at}/preview`, query: { act: "remove", void_lease: voidLease } };
      if (!(await agreed(context, { preview, question: "Free its seat?", isFinal: false }, options))) return;
      await context.client.send({
        method: "DELETE",
        path: at + (voidLease ? "?void_lease=true" : ""),
        ...(reason === undefined ? {} : { body: { reason } }),
      });
      context.show({ removed: machineId }, () => `Removed ${machineId}. Its token no longer works.`);
    });

  withConsent(machine.command("bar"))
    .summary("bar a machine from a license: it loses its seat and gets none again")
    .argument(...LICENSE)
    .argument(...MACHINE)
    .requiredOption(...REASON)
    .option(...VOID_LEASE)
    .runAsAdmin(async (context, licenseId: string, machineId: string, options: BarOptions) => {
      const { reason, voidLease } = options;
      const at = path`/v1/admin/licenses/${licenseId}/machines/${machineId}`;
      const preview = { path: `${at}/preview`, query: { act: "bar", void_lease: voidLease } };
      if (!(await agreed(context, { preview, question: "Bar it?", isFinal: false }, options))) return;
      const body = { reason, ...(voidLease && { void_lease: true }) };
      showLicense(context, await context.client.post(LicenseAnswer, `${at}/bar`, body));
    });

  machine
    .command("unbar")
    .summary("lift the bar of a machine, so that it can be activated again")
    .argument(...LICENSE)
    .argument(...MACHINE)
    .requiredOption(...REASON)
    .runAsAdmin(async (context, licenseId: string, machineId: string, { reason }: BarOptions) => {
      const at = path`/v1/admin/licenses/${licenseId}/machines/${machineId}/unbar`;
      showLicense(context, await context.client.post(LicenseAnswer, at, { reason }));
    });
}
