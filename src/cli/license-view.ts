import * as z from "zod";
import { formatFields, formatRows } from "./output.ts";

/** The fields of a license that the command reads, for an admin or the holder. */
export const License = z.looseObject({
  id: z.string(),
  status: z.string(),
  warning: z.string().nullish(),
  entitlements: z.array(z.string()),
  machine_limit: z.number(),
  machines: z.array(z.looseObject({ id: z.string() })).optional(),
});

export type License = z.infer<typeof License>;

/** Formats one license with its machines. */
export function formatLicense(license: License): string {
  const { status, warning, machines, machine_limit, email, note } = license;
  const facts = formatFields({
    License: license.id,
    Status: warning ? `${status} (${warning.replaceAll("_", " ")})` : status,
    Plan: license["plan"],
    ...(email ? { Email: email } : {}),
    Workers: license.entitlements,
    Versions: license["versions"],
    "Updates until": license["updates_until"] ?? "no limit",
    Expires: license["expires_at"] ?? "never",
    Machines: machines ? `${machines.length} of ${machine_limit}` : `up to ${machine_limit}`,
    ...(note ? { Note: note } : {}),
  });
  return machines?.length ? `${facts}\n\n${formatMachines(machines)}` : facts;
}

/** Formats the machines of one license. */
export const formatMachines = (machines: NonNullable<License["machines"]>): string =>
  formatRows(machines, {
    MACHINE: "id",
    NAME: "name",
    PLATFORM: "platform",
    ACTIVATED: "activated_at",
    "LAST SEEN": "last_seen_at",
  });
