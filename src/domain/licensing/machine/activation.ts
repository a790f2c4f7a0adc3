import { err, ok, type Result } from "../../../lib/result.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import type { Actor } from "../../../platform/storage/ledger.ts";
import type { KeyHolder } from "../holder.ts";
import type { License } from "../license/record.ts";
import { readLicense } from "../license/store.ts";
import { type LicenseRefusal, refusalOfGeneration, refusalOfStanding, refusalOfUse } from "../refusal.ts";
import { activeMachine, type MachineFacts, type Seat, takeSeat } from "./seat.ts";

/** The license of a genuine credential in the ledger, in any status. Errors: KEY_INVALID (gone), KEY_ROTATED. */
export async function readHeldLicense(
  db: D1Database,
  { licenseId, generation }: KeyHolder,
): Promise<Result<License, LicenseRefusal>> {
  const license = await readLicense(db, licenseId);
  if (!license) return err({ code: "KEY_INVALID", why: "gone" });
  const refusal = refusalOfGeneration(license.generation, generation);
  return refusal ? err(refusal) : ok(license);
}

/** `readHeldLicense` for a license that must be in force at `now`. Errors: its own, and the refusal for the status. */
export async function readUsableLicense(
  db: D1Database,
  holder: KeyHolder,
  now: UnixSeconds,
): Promise<Result<License, LicenseRefusal>> {
  const license = await readHeldLicense(db, holder);
  const refusal = license.ok ? refusalOfStanding(license.value, now) : null;
  return refusal ? err(refusal) : license;
}

/**
 * Activates a machine for a genuine credential. In the ledger, the license must be in force, the credential's
 * generation must be current, and a seat must be free. A machine that is already active keeps its seat. Idempotent.
 * Errors: those of `readUsableLicense` and `takeSeat`.
 */
export async function activateMachine(
  db: D1Database,
  holder: KeyHolder,
  machine: MachineFacts,
  actor: Actor,
): Promise<Result<Seat, LicenseRefusal>> {
  const license = await readUsableLicense(db, holder, actor.now);
  if (!license.ok) return license;
  const active = activeMachine(license.value, machine.hash);
  if (active) return ok({ license: license.value, machine: active, changeId: null });
  const seat = await takeSeat(db, license.value, machine, actor);
  if (seat.ok && refusalOfUse(seat.value.license, holder.generation, actor.now) === null) return seat;
  // The license may have changed since it was read. A refused seat is then refused for that reason. A seat that was
  // given is refused, too: with the license as it is now, the old key would get a token of the new one.
  const again = await readUsableLicense(db, holder, actor.now);
  return again.ok ? seat : again;
}
