import { type Actor, newChange } from "../../../platform/storage/ledger.ts";
import type { License, MachineRow } from "../license/record.ts";
import { commitSeat } from "./seat.ts";

/**
 * Bars a machine from its license: it loses its seat, and no credential gives it one again. A running offline lease
 * keeps the seat until it ends, unless `voidLease`. Returns the id of the change, or null if there was nothing to do.
 */
export async function barMachine(
  db: D1Database,
  { id: licenseId }: Pick<License, "id">,
  { id, fingerprint_hash }: Pick<MachineRow, "id" | "fingerprint_hash">,
  actor: Actor,
  { reason, voidLease }: { reason: string; voidLease: boolean },
): Promise<string | null> {
  const change = newChange(actor, {
    action: "machine.bar",
    subject: licenseId,
    reason,
    details: { machine_id: id, ...(voidLease ? { lease: "voided" } : {}) },
  });
  const isBarred = "EXISTS (SELECT 1 FROM barred_machines WHERE machine_id = machines.id)";
  const ends = db
    .prepare(
      `UPDATE machines SET deactivated_at = coalesce(deactivated_at, ?1), last_change = ?2,
         lease_until = iif(?5 = 1, 0, lease_until)
       WHERE id = ?3 AND license_id = ?4 AND (NOT ${isBarred} OR (?5 = 1 AND lease_until > ?1))`,
    )
    .bind(actor.now, change.id, id, licenseId, voidLease ? 1 : 0);
  const bars = db
    .prepare(
      `INSERT INTO barred_machines (machine_id, license_id, barred_at)
       SELECT id, license_id, ?1 FROM machines WHERE id = ?2 AND last_change = ?3 ON CONFLICT DO NOTHING`,
    )
    .bind(actor.now, id, change.id);
  return (await commitSeat(db, change, fingerprint_hash, [ends, bars])) ? change.id : null;
}

/**
 * Lifts the bar of a machine, which may then take a seat like any other. Returns the id of the change, or null if the
 * machine was not barred.
 */
export async function unbarMachine(
  db: D1Database,
  { id: licenseId }: Pick<License, "id">,
  { id, fingerprint_hash }: Pick<MachineRow, "id" | "fingerprint_hash">,
  actor: Actor,
  reason: string,
): Promise<string | null> {
  const details = { machine_id: id };
  const change = newChange(actor, { action: "machine.unbar", subject: licenseId, reason, details });
  const marks = db
    .prepare(
      `UPDATE machines SET last_change = ?1 WHERE id = ?2 AND license_id = ?3
         AND EXISTS (SELECT 1 FROM barred_machines WHERE machine_id = machines.id)`,
    )
    .bind(change.id, id, licenseId);
  const lifts = db
    .prepare(
      `DELETE FROM barred_machines
       WHERE machine_id = ?1 AND EXISTS (SELECT 1 FROM machines WHERE id = ?1 AND last_change = ?2)`,
    )
    .bind(id, change.id);
  return (await commitSeat(db, change, fingerprint_hash, [marks, lifts])) ? change.id : null;
}
