import { err, ok, type Result } from "../../../lib/result.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import type { Actor } from "../../../platform/storage/ledger.ts";
import { countLicenseDownloads, unlessDown } from "../../../platform/usage/read.ts";
import type { KeyHolder } from "../holder.ts";
import { isInTrial, type License, type MachineRow } from "../license/record.ts";
import { holdsSeat } from "../license/seats.ts";
import { readLicense } from "../license/store.ts";
import { type LicenseRefusal, refusalOfGeneration, refusalOfStanding, refusalOfUse } from "../refusal.ts";
import type { TrialMark } from "../trial/mark.ts";
import { takeMachineForTrial } from "../trial/store.ts";
import { activeMachine, type MachineFacts, type Seat, seatedMachine } from "./seat.ts";
import { comeBack, limitReached, TAKE_OVER_AFTER, type TakeOver, takeSeat } from "./take-seat.ts";

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
 * The wish to take over the seat that has been idle longest. A machine that only downloads with the key gets no tokens,
 * so the ledger does not see it: the statistics name it. Without them, only tokens count.
 */
export async function takeOverOf(
  { STATISTICS }: Pick<Env, "STATISTICS">,
  licenseId: string,
  now: UnixSeconds,
): Promise<TakeOver> {
  const period = { from: now - TAKE_OVER_AFTER, before: now + 1 };
  const downloads = await unlessDown(countLicenseDownloads(STATISTICS, licenseId, period));
  return { inUse: [...(downloads ?? new Map<string | null, number>()).keys()].filter((hash) => hash !== null) };
}

/**
 * The seat of an active machine of a license that is in force. If it has lapsed, the machine comes back to it. Errors:
 * MACHINE_DEACTIVATED if another machine has just got the seat, and MACHINE_LIMIT_REACHED if every seat is held because
 * the limit was lowered.
 */
export async function comeBackIfLapsed(
  db: D1Database,
  license: License,
  machine: MachineRow,
  actor: Actor,
): Promise<Result<Seat, LicenseRefusal>> {
  if (holdsSeat(license, machine, actor.now)) return ok({ license, machine, changeId: null, replaced: null });
  const facts = { forms: [machine.fingerprint_hash], name: null, platform: null } as const;
  const seat = await comeBack(db, license, machine, facts, actor);
  if (seat) return ok(seat);
  const after = await readLicense(db, license.id);
  return err(
    after && activeMachine(after, facts.forms)
      ? limitReached(after, facts.forms, actor.now)
      : { code: "MACHINE_DEACTIVATED" },
  );
}

/** A machine that asks for a seat. `mark` makes the mark that it leaves in a trial. */
export type NewMachine = MachineFacts & { mark: () => Promise<TrialMark> };

/**
 * Activates a machine for a genuine credential. In the ledger, the license must be in force, the credential's
 * generation must be current, and a seat must be free. A machine that holds its seat keeps it, and one whose seat has
 * lapsed comes back to it before any other machine gets one. Idempotent. With `takeOver`, a machine that has been idle
 * for long gives up its seat if no other is free. Errors: those of `readUsableLicense` and `takeSeat`, and TRIAL_USED.
 */
export async function activateMachine(
  db: D1Database,
  holder: KeyHolder,
  machine: NewMachine,
  actor: Actor,
  takeOver: TakeOver | null = null,
): Promise<Result<Seat, LicenseRefusal>> {
  const license = await readUsableLicense(db, holder, actor.now);
  if (!license.ok) return license;
  const seated = seatedMachine(license.value, machine.forms, actor.now);
  if (seated) return ok({ license: license.value, machine: seated, changeId: null, replaced: null });
  const refusal = await refusalOfTrial(db, license.value, machine, actor.now);
  if (refusal) return err(refusal);
  const lapsed = activeMachine(license.value, machine.forms);
  const back = lapsed ? await comeBack(db, license.value, lapsed, machine, actor) : null;
  const seat = back ? ok(back) : await takeSeat(db, license.value, machine, actor, takeOver);
  if (seat.ok && refusalOfUse(seat.value.license, holder.generation, actor.now) === null) return seat;
  // The license may have changed since it was read. A refused seat is then refused for that reason. A seat that was
  // given is refused, too: with the license as it is now, the old key would get a token of the new one.
  const again = await readUsableLicense(db, holder, actor.now);
  return again.ok ? seat : again;
}

/**
 * Notes a machine that comes to a license in its trial. TRIAL_USED for one that has been in the trial of another
 * license: it waits for the first payment. An admin who issues a trial decides that alone, so its machines are noted
 * and never refused. Throws D1's errors.
 */
async function refusalOfTrial(
  db: D1Database,
  license: License,
  machine: NewMachine,
  now: UnixSeconds,
): Promise<LicenseRefusal | null> {
  if (!isInTrial(license)) return null;
  const isFree = await takeMachineForTrial(db, license.id, await machine.mark(), now);
  return isFree || license.trial_ends_at === null ? null : { code: "TRIAL_USED", trial_ends_at: license.trial_ends_at };
}
