import { Problem } from "../../platform/http/problem.ts";
import type { AdminActor } from "../../platform/identity/authentication.ts";
import type { Changes } from "../../platform/storage/settle.ts";
import { licensePublication, requireLicense } from "./license-store.ts";
import { freeSeat } from "./machine-store.ts";

/** Throws INSUFFICIENT_SCOPE unless an admin may void a lease. */
export function checkMayVoidLease({ scopes }: Pick<AdminActor, "scopes">): void {
  if (!scopes.includes("owner"))
    throw new Problem({ code: "INSUFFICIENT_SCOPE", detail: "Only an owner voids a lease." });
}

/**
 * Frees the seat of a license's machine. A machine without a seat is no error. `voidLease` also frees the seat of an offline
 * lease. Returns the changes to settle. Throws LICENSE_NOT_FOUND, and INSUFFICIENT_SCOPE when an admin who is not an owner voids
 * a lease.
 */
export async function removeMachine(
  db: D1Database,
  admin: AdminActor,
  licenseId: string,
  machineId: string,
  { voidLease, reason = null }: { voidLease: boolean; reason?: string | null },
): Promise<Changes> {
  if (voidLease) checkMayVoidLease(admin);
  await requireLicense(db, licenseId);
  const changeId = await freeSeat(db, licenseId, { id: machineId }, admin, { voidLease, reason });
  return { stale: [{ ...licensePublication(licenseId), changeIds: changeId === null ? [] : [changeId] }] };
}
