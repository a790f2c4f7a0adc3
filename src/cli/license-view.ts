import * as z from "zod";
import { formatFields, formatTable } from "./output.ts";

/** The fields of a license that the command reads, for an admin or the holder. */
export const License = z.looseObject({
  id: z.string(),
  status: z.string(),
  warning: z.string().nullish(),
  plan: z.string(),
  email: z.string().nullish(),
  entitlements: z.array(z.string()),
  versions: z.string(),
  updates_until: z.string().nullish(),
  expires_at: z.string().nullish(),
  machine_limit: z.number(),
  note: z.string().nullish(),
  created_at: z.string().nullish(),
  machines: z
    .array(
      z.looseObject({
        id: z.string(),
        name: z.string().nullish(),
        platform: z.string().nullish(),
        activated_at: z.string(),
        last_seen_at: z.string().nullish(),
      }),
    )
    .optional(),
});

export type License = z.infer<typeof License>;

/** Formats one license with its machines. */
export function formatLicense(license: License): string {
  const machines = license.machines ?? [];
  const facts = formatFields([
    ["License", license.id],
    ["Status", license.warning ? `${license.status} (${license.warning.replaceAll("_", " ")})` : license.status],
    ["Plan", license.plan],
    ...(license.email ? [["Email", license.email] as const] : []),
    ["Workers", license.entitlements.join(", ")],
    ["Versions", license.versions],
    ["Updates until", license.updates_until ?? "no limit"],
    ["Expires", license.expires_at ?? "never"],
    [
      "Machines",
      license.machines ? `${machines.length} of ${license.machine_limit}` : `up to ${license.machine_limit}`,
    ],
    ...(license.note ? [["Note", license.note] as const] : []),
  ]);
  return machines.length === 0 ? facts : `${facts}\n\n${formatMachines(machines)}`;
}

/** Formats the machines of one license. */
export const formatMachines = (machines: NonNullable<License["machines"]>): string =>
  formatTable(
    ["MACHINE", "NAME", "PLATFORM", "ACTIVATED", "LAST SEEN"],
    machines.map((machine) => [machine.id, machine.name, machine.platform, machine.activated_at, machine.last_seen_at]),
  );
