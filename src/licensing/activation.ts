import type { Refusal } from "../http/problem.ts";
import { err, ok, type Result } from "../result.ts";
import type { Actor } from "../storage/ledger.ts";
import type { License } from "./license-record.ts";
import { readLicense } from "./license-store.ts";
import { refusalOfUse } from "./license-use.ts";
import { activeMachine, type MachineFacts, type Seat, takeSeat } from "./machine-store.ts";

/** A license that its ledger says may be used, or the refusal. A genuine key whose license is gone is KEY_INVALID. */
export async function readUsableLicense(
  db: D1Database,
  { licenseId, generation }: { licenseId: string; generation: number },
  purchaseUrl: string,
  now: number,
): Promise<Result<License, Refusal>> {
  const license = await readLicense(db, licenseId);
  if (!license) return err({ code: "KEY_INVALID", detail: "The license of this key no longer exists." });
  const refusal = refusalOfUse(license, generation, now, purchaseUrl);
  return refusal ? err(refusal) : ok(license);
}

/**
 * Activates a machine under the license of a genuine credential, by the ledger: the license must be in force, the
 * credential's generation current, and a seat free. A machine that is active already keeps its seat.
 * Repeating it is safe. Errors: those of `refusalOfUse` and `takeSeat`.
 */
export async function activateMachine(
  db: D1Database,
  credential: { licenseId: string; generation: number },
  machine: MachineFacts,
  purchaseUrl: string,
  actor: Actor,
): Promise<Result<Seat, Refusal>> {
  const license = await readUsableLicense(db, credential, purchaseUrl, actor.now);
  if (!license.ok) return license;
  const active = activeMachine(license.value, machine.hash);
  if (active) return ok({ license: license.value, machine: active, changeId: null });
  const seat = await takeSeat(db, license.value, machine, actor);
  if (seat.ok) return seat;
  // The seat may have been refused because the license changed since it was read: then that is the reason to give.
  const again = await readUsableLicense(db, credential, purchaseUrl, actor.now);
  return again.ok ? seat : again;
}
