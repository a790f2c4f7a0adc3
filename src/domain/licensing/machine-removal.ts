import { Problem } from "../../platform/http/problem.ts";
import type { RequestScope } from "../../platform/http/router.ts";
import type { AdminActor } from "../../platform/identity/authentication.ts";
import { publishNow } from "../../publication.ts";
import { requireLicense } from "./license-store.ts";
import { freeSeat } from "./machine-store.ts";

/** Throws INSUFFICIENT_SCOPE unless an admin may void a lease. */
export function checkMayVoidLease({ scopes }: Pick<AdminActor, "scopes">): void {
  if (!scopes.includes("owner"))
    throw new Problem({ code: "INSUFFICIENT_SCOPE", detail: "Only an owner voids a lease." });
}

/**
 * Frees the seat of a license's machine and publishes it; one that holds none is no error. `voidLease` frees the seat of an
 * offline lease, too. Returns whether downloads follow already (`publishNow`). Throws LICENSE_NOT_FOUND, and INSUFFICIENT_SCOPE where somebody but an owner voids a lease.
 */
export async function removeMachine(
  c: RequestScope,
  admin: AdminActor,
  licenseId: string,
  machineId: string,
  { voidLease, reason = null }: { voidLease: boolean; reason?: string | null },
): Promise<"published" | "pending"> {
  if (voidLease) checkMayVoidLease(admin);
  await requireLicense(c.env.DB, licenseId);
  const changeId = await freeSeat(c.env.DB, licenseId, { id: machineId }, admin, { voidLease, reason });
  return publishNow(c, { topic: "license", key: licenseId }, changeId === null ? [] : [changeId]);
}
