import { newId } from "../../../lib/id.ts";
import { err, ok, type Result } from "../../../lib/result.ts";
import { DAY, type UnixSeconds } from "../../../lib/time.ts";
import { type Actor, newChange } from "../../../platform/storage/ledger.ts";
import type { Grant } from "../grant.ts";
import { type License, type MachineRow, STATUS_SQL } from "../license/record.ts";
import { holdsSeat, holdsSeatSql, seatEnd } from "../license/seats.ts";
import { readLicense } from "../license/store.ts";
import type { LicenseRefusal } from "../refusal.ts";
import { commitSeat, type MachineFacts, type Seat, seatedMachine } from "./seat.ts";
import { drawIndices, freeIndexSql } from "./status-index.ts";

/** How long a machine must be idle before the holder of the key may give its seat to another, in seconds. */
export const TAKE_OVER_AFTER = 2 * DAY;

/** The number of times that one machine may come back to a license in 24 hours. Each is a write and an audit entry. */
export const RETURNS_A_DAY = 100;

/**
 * The number of different machines that a license may give seats to in 24 hours. It is enough to replace every machine
 * three times, and too few to get tokens for ever new machines by activating and deactivating. Where seats lapse, every
 * seat may also pass on as often as it can lapse in a day.
 */
export const activationsPerDay = ({
  machine_limit,
  seat_idle_seconds,
}: Pick<Grant, "machine_limit" | "seat_idle_seconds">): number =>
  10 + 3 * machine_limit + (seat_idle_seconds === null ? 0 : machine_limit * Math.ceil(DAY / seat_idle_seconds));

/** The wish to take over the seat that has been idle longest. `inUse`: hashes of machines to leave alone. */
export type TakeOver = { inUse: readonly string[] };

/** The other machines of the license (`?2`): `forms` has every spelling of this machine's fingerprint. */
const others = (forms: string): string =>
  `license_id = ?2 AND fingerprint_hash NOT IN (SELECT value FROM json_each(${forms}))`;

/** Whether a machine may be taken over: `wish` is 1 for a take-over, and `inUse` has the hashes to leave alone. */
const mayBeTakenOver = (wish: string, inUse: string): string =>
  `(${wish} = 1 AND deactivated_at IS NULL AND lease_until <= ?1 AND last_seen_at <= ?1 - ${TAKE_OVER_AFTER}
    AND fingerprint_hash NOT IN (SELECT value FROM json_each(${inUse})))`;

const TAKE_SQL = `INSERT INTO machines (id, license_id, fingerprint_hash, name, platform, activated_at, last_seen_at,
    last_change, status_index, status_generation)
  SELECT ?3, id, ?4, ?5, ?6, ?1, ?1, ?7, ${freeIndexSql("?10")}, generation FROM licenses
  WHERE id = ?2 AND generation = ?8 AND seat_idle_seconds IS ?11 AND ${STATUS_SQL} = 'active'
    AND NOT EXISTS (SELECT 1 FROM machines
      WHERE license_id = ?2 AND fingerprint_hash IN (SELECT value FROM json_each(?14)) AND deactivated_at IS NULL)
    AND NOT EXISTS (SELECT 1 FROM barred_machines JOIN machines ON machines.id = machine_id
      WHERE barred_machines.license_id = ?2 AND fingerprint_hash IN (SELECT value FROM json_each(?14)))
    AND machine_limit > (SELECT count(*) FROM machines WHERE ${others("?14")} AND ${holdsSeatSql("?11")})
      - EXISTS (SELECT 1 FROM machines
        WHERE ${others("?14")} AND ${holdsSeatSql("?11")} AND ${mayBeTakenOver("?12", "?13")})
    AND ?9 > (SELECT count(DISTINCT machine_id) FROM machine_activations
      WHERE license_id = ?2 AND activated_at > ?1 - ${DAY} AND machine_id <> ?3)
    AND ${RETURNS_A_DAY} > (SELECT count(*) FROM machine_activations
      WHERE license_id = ?2 AND activated_at > ?1 - ${DAY} AND machine_id = ?3)
  ON CONFLICT (substr(fingerprint_hash, -16)) DO UPDATE SET deactivated_at = NULL,
    activated_at = max(?1, deactivated_at + 1), last_seen_at = ?1,
    name = coalesce(?5, name), platform = coalesce(?6, platform), last_change = ?7,
    status_index = excluded.status_index, status_generation = excluded.status_generation`;

/**
 * Ends the seat that has been idle longest if this change (`?3`) took a seat and more machines than the limit then have
 * one or could come back to one. So a machine can come back to its lapsed seat until another one needs it.
 */
const REPLACE_SQL = `UPDATE machines SET deactivated_at = ?1, last_change = ?3
  WHERE EXISTS (SELECT 1 FROM machines AS taken WHERE taken.license_id = ?2 AND taken.last_change = ?3)
    AND (SELECT machine_limit FROM licenses WHERE id = ?2)
      < (SELECT count(*) FROM machines WHERE license_id = ?2 AND (deactivated_at IS NULL OR lease_until > ?1))
    AND id = (SELECT id FROM machines WHERE ${others("?4")} AND deactivated_at IS NULL
        AND (NOT ${holdsSeatSql("?5")} OR ${mayBeTakenOver("?6", "?7")})
      ORDER BY last_seen_at, id LIMIT 1)`;

/**
 * Gives a machine a seat by one conditional insert, so the count is exact under concurrency. A deactivated machine gets
 * its row back. Its new seat begins after the last second of the old one, so the tokens of the old one do not fit. Each
 * seat begins with a status index of its own. Machines that hold seats count (`holdsSeat`), this one does not. If the
 * seat is one that lapsed, or that is taken over, its machine is deactivated in the same transaction. Returns the
 * license as it is afterwards. A machine that is already active changes nothing. Errors, with nothing changed:
 * MACHINE_BARRED, MACHINE_LIMIT_REACHED when every seat is held, RATE_LIMITED when the license cycles machines.
 */
export async function takeSeat(
  db: D1Database,
  license: License,
  machine: MachineFacts,
  actor: Actor,
  takeOver: TakeOver | null = null,
): Promise<Result<Seat, LicenseRefusal>> {
  const { now } = actor;
  const known = license.machines.find(({ fingerprint_hash }) => machine.forms.includes(fingerprint_hash));
  const machineId = known?.id ?? newId("mach");
  const hash = known?.fingerprint_hash ?? machine.forms[0];
  const change = newChange(actor, {
    action: "machine.activate",
    subject: license.id,
    details: { machine_id: machineId, platform: machine.platform },
  });
  // The row of the machine itself has lost its mark by then (`commitSeat`).
  const found = {
    sql: "json_object('replaced', (SELECT id FROM machines WHERE license_id = ? AND last_change = ?))",
    values: [license.id, change.id],
  };
  const forms = JSON.stringify([...new Set([hash, ...machine.forms])]);
  const takesOver = takeOver ? 1 : 0;
  const inUse = JSON.stringify(takeOver?.inUse ?? []);
  const takes = db
    .prepare(TAKE_SQL)
    .bind(
      now,
      license.id,
      machineId,
      hash,
      machine.name,
      machine.platform,
      change.id,
      license.generation,
      activationsPerDay(license),
      drawIndices(),
      license.seat_idle_seconds,
      takesOver,
      inUse,
      forms,
    );
  const replaces = db
    .prepare(REPLACE_SQL)
    .bind(now, license.id, change.id, forms, license.seat_idle_seconds, takesOver, inUse);
  const records = db
    .prepare(
      `INSERT INTO machine_activations (change_id, license_id, machine_id, activated_at)
       SELECT last_change, license_id, id, ?1 FROM machines
       WHERE license_id = ?2 AND last_change = ?3 AND deactivated_at IS NULL`,
    )
    .bind(now, license.id, change.id);
  // A seat can only be replaced where seats lapse or are taken over: nothing else pays for that statement.
  const mayReplace = takeOver !== null || license.seat_idle_seconds !== null;
  const writes = mayReplace ? [takes, records, replaces] : [takes, records];
  const taken = await commitSeat(db, mayReplace ? { ...change, found } : change, hash, writes);
  const after = await readLicense(db, license.id);
  const row = after && seatedMachine(after, machine.forms, now);
  if (!after || !row) return err(await refusalOfSeat(db, after ?? license, machineId, machine, now));
  const replaced = taken ? replacedMachine(license, after, now) : null;
  return ok({ license: after, machine: row, changeId: taken ? change.id : null, replaced });
}

/** The machine that was active before and lost its seat to another at `now`. */
const replacedMachine = (before: License, after: License, now: UnixSeconds): MachineRow | null =>
  after.machines.find(
    ({ id, deactivated_at, lease_until }) =>
      deactivated_at === now &&
      lease_until <= now &&
      before.machines.some((machine) => machine.id === id && machine.deactivated_at === null),
  ) ?? null;

/**
 * Lets an active machine whose seat has lapsed come back to it, which no other machine has needed since. That is the
 * same seat, so it takes none of the day's. Null: the machine has lost its seat in the meantime, or every seat is held
 * because the limit was lowered.
 */
export async function comeBack(
  db: D1Database,
  license: License,
  { id, fingerprint_hash }: MachineRow,
  machine: MachineFacts,
  actor: Actor,
): Promise<Seat | null> {
  const { now } = actor;
  const change = newChange(actor, {
    action: "machine.activate",
    subject: license.id,
    details: { machine_id: id, platform: machine.platform, came_back: true },
  });
  const comes = db
    .prepare(
      `UPDATE machines SET last_seen_at = ?1, name = coalesce(?4, name), platform = coalesce(?5, platform), last_change = ?6
       WHERE id = ?3 AND deactivated_at IS NULL AND EXISTS (SELECT 1 FROM licenses
         WHERE id = ?2 AND generation = ?7 AND seat_idle_seconds IS ?8 AND ${STATUS_SQL} = 'active'
           AND machine_limit > (SELECT count(*) FROM machines WHERE license_id = ?2 AND id <> ?3 AND ${holdsSeatSql("?8")}))`,
    )
    .bind(
      now,
      license.id,
      id,
      machine.name,
      machine.platform,
      change.id,
      license.generation,
      license.seat_idle_seconds,
    );
  const changed = await commitSeat(db, change, fingerprint_hash, [comes]);
  const after = await readLicense(db, license.id);
  const row = after && seatedMachine(after, [fingerprint_hash], now);
  return after && row ? { license: after, machine: row, changeId: changed ? change.id : null, replaced: null } : null;
}

async function refusalOfSeat(
  db: D1Database,
  license: License,
  machineId: string,
  { forms }: MachineFacts,
  now: UnixSeconds,
): Promise<LicenseRefusal> {
  const isBarred = license.machines.some(
    ({ barred_at, fingerprint_hash }) => barred_at !== null && forms.includes(fingerprint_hash),
  );
  if (isBarred) return { code: "MACHINE_BARRED" };
  const recent = await db
    .prepare(
      `SELECT machine_id, count(*) AS count, max(activated_at) AS latest, min(activated_at) AS oldest FROM machine_activations
       WHERE license_id = ? AND activated_at > ? GROUP BY machine_id`,
    )
    .bind(license.id, now - DAY)
    .all<Activations>();
  const rows = recent.results;
  const waitFrom = (oldest: number) => Math.max(1, oldest + DAY - now);
  const own = rows.find(({ machine_id }) => machine_id === machineId);
  if (own && own.count >= RETURNS_A_DAY)
    return { code: "RATE_LIMITED", of: "returns", activations: own.count, retry_after: waitFrom(own.oldest) };
  const rivals = rows.filter(({ machine_id }) => machine_id !== machineId);
  if (rivals.length >= activationsPerDay(license)) {
    const firstToEnd = Math.min(...rivals.map(({ latest }) => latest));
    return { code: "RATE_LIMITED", of: "machines", activations: rivals.length, retry_after: waitFrom(firstToEnd) };
  }
  return limitReached(license, forms, now);
}

/** The activations of one machine within a day. */
type Activations = { machine_id: string; count: number; latest: UnixSeconds; oldest: UnixSeconds };

/** MACHINE_LIMIT_REACHED, with the time at which the next seat lapses and the machine that could be taken over. */
export function limitReached(license: License, forms: readonly string[], now: UnixSeconds): LicenseRefusal {
  const rivals = license.machines.filter(
    (machine) => holdsSeat(license, machine, now) && !forms.includes(machine.fingerprint_hash),
  );
  const ends = rivals.map((machine) => seatEnd(license, machine)).filter(Number.isFinite);
  // After the limit was lowered, one seat more would still be too many.
  const isExact = rivals.length <= license.machine_limit;
  const mayTakeOver = rivals.some(
    ({ deactivated_at, lease_until, last_seen_at }) =>
      deactivated_at === null && lease_until <= now && last_seen_at <= now - TAKE_OVER_AFTER,
  );
  return {
    code: "MACHINE_LIMIT_REACHED",
    machine_limit: license.machine_limit,
    seat_free_at: ends.length === 0 ? null : Math.min(...ends),
    may_take_over: isExact && mayTakeOver,
  };
}
