import { newId } from "../../../lib/id.ts";
import { err, ok, type Result } from "../../../lib/result.ts";
import { DAY, type UnixSeconds } from "../../../lib/time.ts";
import { type Actor, type Change, commitChange, newChange } from "../../../platform/storage/ledger.ts";
import { type License, type MachineRow, STATUS_SQL } from "../license/record.ts";
import { licensePublication, readLicense } from "../license/store.ts";
import type { LicenseRefusal } from "../refusal.ts";
import { drawIndices, freeIndexSql } from "./status-index.ts";

/** A machine as its hive describes it; `hash` is its fingerprint's hash. */
export type MachineFacts = { hash: string; name: string | null; platform: string | null };

/**
 * The number of seats that a license may hand out in 24 hours. It is enough to replace every machine three times, and
 * too few to get tokens for ever new machines by activating and deactivating.
 */
export const activationsPerDay = (machineLimit: number): number => 10 + 3 * machineLimit;

/** A machine with a seat. `changeId` is the change by which it took the seat; null: it had the seat already. */
export type Seat = { license: License; machine: MachineRow; changeId: string | null };

/** The machine with this fingerprint hash if it is active, else undefined. */
export const activeMachine = (license: License, hash: string): MachineRow | undefined =>
  license.machines.find((machine) => machine.fingerprint_hash === hash && machine.deactivated_at === null);

/**
 * The active machine of a token if it has had its seat since the token was made (`issuedAt`), else undefined. A machine
 * that was removed and came back has a new seat, which its old tokens do not share.
 */
export function machineOfToken(
  license: License,
  { machine, issuedAt }: { machine: string; issuedAt: UnixSeconds },
): MachineRow | undefined {
  const active = activeMachine(license, machine);
  return active && issuedAt >= active.activated_at ? active : undefined;
}

/**
 * Gives a machine a seat by one conditional insert, so the count is exact under concurrency. A deactivated machine gets
 * its row back. Its new seat begins after the last second of the old one, so the tokens of the old one do not fit. Each
 * seat begins with a status index of its own. Active machines and running leases take seats; this machine's own are not
 * counted. Returns the license as it is afterwards. A machine that is already active changes
 * nothing. Errors, with nothing changed: MACHINE_LIMIT_REACHED when every seat is taken, RATE_LIMITED when the license
 * cycles machines.
 */
export async function takeSeat(
  db: D1Database,
  license: License,
  machine: MachineFacts,
  actor: Actor,
): Promise<Result<Seat, LicenseRefusal>> {
  const { now } = actor;
  const machineId = license.machines.find((known) => known.fingerprint_hash === machine.hash)?.id ?? newId("mach");
  const change = newChange(actor, {
    action: "machine.activate",
    subject: license.id,
    details: { machine_id: machineId, platform: machine.platform },
  });
  const takes = db
    .prepare(
      `INSERT INTO machines (id, license_id, fingerprint_hash, name, platform, activated_at, last_seen_at, last_change,
         status_index, status_generation)
       SELECT ?3, id, ?4, ?5, ?6, ?1, ?1, ?7, ${freeIndexSql("?10")}, generation FROM licenses
       WHERE id = ?2 AND generation = ?8 AND ${STATUS_SQL} = 'active'
         AND NOT EXISTS (SELECT 1 FROM machines
           WHERE license_id = ?2 AND fingerprint_hash = ?4 AND deactivated_at IS NULL)
         AND machine_limit > (SELECT count(*) FROM machines
           WHERE license_id = ?2 AND fingerprint_hash <> ?4 AND (deactivated_at IS NULL OR lease_until > ?1))
         AND ?9 > (SELECT count(*) FROM machine_activations WHERE license_id = ?2 AND activated_at > ?1 - ${DAY})
       ON CONFLICT (substr(fingerprint_hash, -16)) DO UPDATE SET deactivated_at = NULL,
         activated_at = max(?1, deactivated_at + 1), last_seen_at = ?1,
         name = coalesce(?5, name), platform = coalesce(?6, platform), last_change = ?7,
         status_index = excluded.status_index, status_generation = excluded.status_generation`,
    )
    .bind(
      now,
      license.id,
      machineId,
      machine.hash,
      machine.name,
      machine.platform,
      change.id,
      license.generation,
      activationsPerDay(license.machine_limit),
      drawIndices(),
    );
  const records = db
    .prepare(
      `INSERT INTO machine_activations (change_id, license_id, machine_id, activated_at)
       SELECT last_change, license_id, id, ?1 FROM machines WHERE license_id = ?2 AND last_change = ?3`,
    )
    .bind(now, license.id, change.id);
  const taken = await commitSeat(db, change, [takes, records]);
  const after = await readLicense(db, license.id);
  const row = after && activeMachine(after, machine.hash);
  if (after && row) return ok({ license: after, machine: row, changeId: taken ? change.id : null });
  return err(await refusalOfSeat(db, license, now));
}

/** Commits writes to a machine of the license `change.subject`. The license counts as changed if its machine was. */
function commitSeat(db: D1Database, change: Change, writes: D1PreparedStatement[]): Promise<boolean> {
  const touches = db
    .prepare(
      `UPDATE licenses SET revision = revision + 1, last_change = ?2, updated_at = ?3
       WHERE id IN (SELECT license_id FROM machines WHERE license_id = ?1 AND last_change = ?2)`,
    )
    .bind(change.subject, change.id, change.at);
  // The mark has done its work: the entries depend on the license. Two million machines keep 30 bytes less.
  const unmarks = db
    .prepare("UPDATE machines SET last_change = '' WHERE license_id = ? AND last_change = ?")
    .bind(change.subject, change.id);
  const root = { table: "licenses", id: change.subject } as const;
  return commitChange(db, change, root, [...writes, touches, unmarks], licensePublication(change.subject));
}

async function refusalOfSeat(db: D1Database, license: License, now: UnixSeconds): Promise<LicenseRefusal> {
  const recent = await db
    .prepare(
      "SELECT count(*) AS count, min(activated_at) AS oldest FROM machine_activations WHERE license_id = ? AND activated_at > ?",
    )
    .bind(license.id, now - DAY)
    .first<{ count: number; oldest: number | null }>();
  if (recent && recent.count >= activationsPerDay(license.machine_limit)) {
    const retry_after = Math.max(1, (recent.oldest ?? now) + DAY - now);
    return { code: "RATE_LIMITED", activations: recent.count, retry_after };
  }
  return { code: "MACHINE_LIMIT_REACHED", machine_limit: license.machine_limit };
}

/**
 * Frees the seat of a machine, found by its id or its fingerprint hash. Returns the id of the change, or null if the
 * machine held no seat, so a retry is safe. A running offline lease keeps the seat until it ends, unless `voidLease`.
 */
export async function freeSeat(
  db: D1Database,
  licenseId: string,
  machine: { id: string } | { hash: string },
  actor: Actor,
  { reason = null, voidLease = false }: { reason?: string | null; voidLease?: boolean } = {},
): Promise<string | null> {
  const [column, value] = "id" in machine ? ["id", machine.id] : ["fingerprint_hash", machine.hash];
  const holds = voidLease ? `(deactivated_at IS NULL OR lease_until > ${actor.now})` : "deactivated_at IS NULL";
  const row = await db
    .prepare(`SELECT id FROM machines WHERE license_id = ? AND ${column} = ? AND ${holds}`)
    .bind(licenseId, value)
    .first<{ id: string }>();
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
  return (await commitSeat(db, change, [frees])) ? change.id : null;
}

/** Records that a machine was seen at `now`. That changes no license, so it is neither audited nor published. */
export async function seeMachine(db: D1Database, machineId: string, now: UnixSeconds): Promise<void> {
  await db.prepare("UPDATE machines SET last_seen_at = ? WHERE id = ?").bind(now, machineId).run();
}

/**
 * Records that an active machine's lease holds its seat until `until`. A new lease is audited. The renewal of a running
 * one is not: it is state of the machine, and 100,000 machines renew each day. False: the machine was deactivated in
 * the meantime.
 */
export async function recordLease(
  db: D1Database,
  licenseId: string,
  machine: Pick<MachineRow, "id" | "lease_until">,
  until: UnixSeconds,
  actor: Actor,
): Promise<boolean> {
  const { id: machineId } = machine;
  const extend = "UPDATE machines SET lease_until = max(lease_until, ?1), last_seen_at = ?2";
  const isActive = "id = ?3 AND deactivated_at IS NULL";
  if (machine.lease_until > actor.now) {
    const renewal = db.prepare(`${extend} WHERE ${isActive} AND lease_until > ?2`).bind(until, actor.now, machineId);
    if ((await renewal.run()).meta.changes > 0) return true;
  }
  const change = newChange(actor, {
    action: "machine.lease",
    subject: licenseId,
    details: { machine_id: machineId, lease_until: until },
  });
  const leases = db
    .prepare(`${extend}, last_change = ?4 WHERE ${isActive}`)
    .bind(until, actor.now, machineId, change.id);
  return commitChange(db, change, { table: "machines", id: machineId }, [leases]);
}
