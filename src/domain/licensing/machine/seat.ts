import type { UnixSeconds } from "../../../lib/time.ts";
import type { Refusal } from "../../../platform/http/problem.ts";
import { type Actor, type Change, commitChange, newChange } from "../../../platform/storage/ledger.ts";
import type { License, MachineRow } from "../license/record.ts";
import { holdsSeat, holdsSeatSql } from "../license/seats.ts";
import { licensePublication } from "../license/store.ts";
import type { FingerprintHashes } from "./fingerprint.ts";

/**
 * A machine as its hive describes it. `forms` are the hashes of its fingerprint (`fingerprintHashes`): the first is the
 * one of the text as it was sent.
 */
export type MachineFacts = { forms: FingerprintHashes; name: string | null; platform: string | null };

/**
 * A machine with a seat. `changeId` is the change by which it took the seat or came back to it; null: it held the seat
 * already. `replaced`: the machine that lost its seat to it.
 */
export type Seat = { license: License; machine: MachineRow; changeId: string | null; replaced: MachineRow | null };

/** The refusal for a machine that the license never had, or that was deactivated more than 90 days ago. */
export const noSuchMachine: Refusal = { code: "NOT_FOUND", detail: "This license has no such machine." };

/** The active machine with one of these fingerprint hashes, also if its seat has lapsed; else undefined. */
export const activeMachine = (license: License, forms: readonly string[]): MachineRow | undefined =>
  license.machines.find(
    ({ fingerprint_hash, deactivated_at }) => deactivated_at === null && forms.includes(fingerprint_hash),
  );

/** The active machine with one of these fingerprint hashes if it holds its seat at `now`, else undefined. */
export function seatedMachine(license: License, forms: readonly string[], now: UnixSeconds): MachineRow | undefined {
  const active = activeMachine(license, forms);
  return active && holdsSeat(license, active, now) ? active : undefined;
}

/**
 * The active machine of a token if it has had its seat since the token was made (`issuedAt`), else undefined. A machine
 * that was removed and came back has a new seat, which its old tokens do not share. A seat does not lapse before its
 * tokens end.
 */
export function machineOfToken(
  license: License,
  { machine, issuedAt }: { machine: string; issuedAt: UnixSeconds },
): MachineRow | undefined {
  const active = activeMachine(license, [machine]);
  return active && issuedAt >= active.activated_at ? active : undefined;
}

/**
 * Commits writes to the machine with this fingerprint hash, of the license `change.subject`. The license counts as
 * changed if its machine was.
 */
export function commitSeat(
  db: D1Database,
  change: Change,
  hash: string,
  writes: D1PreparedStatement[],
): Promise<boolean> {
  const touches = db
    .prepare(
      `UPDATE licenses SET revision = revision + 1, last_change = ?2, updated_at = ?3
       WHERE id IN (SELECT license_id FROM machines WHERE license_id = ?1 AND last_change = ?2)`,
    )
    .bind(change.subject, change.id, change.at);
  // The mark has done its work: the entries depend on the license. Two million machines keep 30 bytes less.
  const unmarks = db
    .prepare("UPDATE machines SET last_change = '' WHERE license_id = ? AND last_change = ? AND fingerprint_hash = ?")
    .bind(change.subject, change.id, hash);
  const root = { table: "licenses", id: change.subject } as const;
  return commitChange(db, change, root, [...writes, touches, unmarks], licensePublication(change.subject));
}

/**
 * Frees the seat of a machine, found by its id or its fingerprint hashes. Returns the id of the change, or null if the
 * machine held no seat, so a retry is safe. A running offline lease keeps the seat until it ends, unless `voidLease`.
 */
export async function freeSeat(
  db: D1Database,
  licenseId: string,
  machine: { id: string } | { forms: readonly string[] },
  actor: Actor,
  { reason = null, voidLease = false }: { reason?: string | null; voidLease?: boolean } = {},
): Promise<string | null> {
  const [column, values] = "id" in machine ? ["id", [machine.id]] : ["fingerprint_hash", machine.forms];
  const holds = voidLease ? `(deactivated_at IS NULL OR lease_until > ${actor.now})` : "deactivated_at IS NULL";
  const row = await db
    .prepare(
      `SELECT id, fingerprint_hash FROM machines
       WHERE license_id = ? AND ${column} IN (SELECT value FROM json_each(?)) AND ${holds}`,
    )
    .bind(licenseId, JSON.stringify(values))
    .first<{ id: string; fingerprint_hash: string }>();
  if (!row) return null;
  const change = newChange(actor, {
    action: "machine.deactivate",
    subject: licenseId,
    reason,
    details: { machine_id: row.id, ...(voidLease ? { lease: "voided" } : {}) },
  });
  const frees = db
    .prepare(
      `UPDATE machines SET deactivated_at = coalesce(deactivated_at, ?1), last_change = ?2${voidLease ? ", lease_until = 0" : ""}
       WHERE id = ?3 AND ${holds}`,
    )
    .bind(actor.now, change.id, row.id);
  return (await commitSeat(db, change, row.fingerprint_hash, [frees])) ? change.id : null;
}

/**
 * Whether a machine may still be seen: it is active, and holds its seat or belongs to a license whose seats never
 * lapse. `?1` is the current time, `?3` the machine's id, `?4` the license's `seat_idle_seconds`.
 */
const MAY_BE_SEEN = `id = ?3 AND deactivated_at IS NULL AND ${holdsSeatSql("?4")}`;

/**
 * Records that a machine was seen at `now`: its sign of life, which keeps a seat that may lapse. That changes no
 * license, so it is neither audited nor published. False: the machine has lost its seat in the meantime.
 */
export async function seeMachine(
  db: D1Database,
  { id: licenseId, seat_idle_seconds }: Pick<License, "id" | "seat_idle_seconds">,
  machineId: string,
  now: UnixSeconds,
): Promise<boolean> {
  const seen = await db
    .prepare(`UPDATE machines SET last_seen_at = max(last_seen_at, ?1) WHERE license_id = ?2 AND ${MAY_BE_SEEN}`)
    .bind(now, licenseId, machineId, seat_idle_seconds)
    .run();
  return seen.meta.changes > 0;
}

/**
 * Records that an active machine's lease holds its seat until `until`. A new lease is audited. The renewal of a running
 * one is not: it is state of the machine, and 100,000 machines renew each day. False: the machine has lost its seat in
 * the meantime.
 */
export async function recordLease(
  db: D1Database,
  { id: licenseId, seat_idle_seconds }: Pick<License, "id" | "seat_idle_seconds">,
  machine: Pick<MachineRow, "id" | "lease_until">,
  until: UnixSeconds,
  actor: Actor,
): Promise<boolean> {
  const { id: machineId } = machine;
  const extend = "UPDATE machines SET lease_until = max(lease_until, ?2), last_seen_at = max(last_seen_at, ?1)";
  const values = [actor.now, until, machineId, seat_idle_seconds];
  if (machine.lease_until > actor.now) {
    const renewal = db.prepare(`${extend} WHERE ${MAY_BE_SEEN} AND lease_until > ?1`).bind(...values);
    if ((await renewal.run()).meta.changes > 0) return true;
  }
  const change = newChange(actor, {
    action: "machine.lease",
    subject: licenseId,
    details: { machine_id: machineId, lease_until: until },
  });
  const leases = db.prepare(`${extend}, last_change = ?5 WHERE ${MAY_BE_SEEN}`).bind(...values, change.id);
  return commitChange(db, change, { table: "machines", id: machineId }, [leases]);
}
