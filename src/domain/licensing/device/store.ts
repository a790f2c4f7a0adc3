import { newId } from "../../../lib/id.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { type Actor, commitChange, newChange } from "../../../platform/storage/ledger.ts";
import { type DeviceLogin, LOGIN_SECONDS } from "./decision.ts";

const COLUMNS = "id, name, country, state, license_id, generation, polled_at, created_at, expires_at";

/** A login to create: the hashes of its codes, and what the machine and the network say of the machine. */
export type NewLogin = { deviceHash: string; userHash: string; name: string | null; country: string | null };

/** Stores a pending login that ends in ten minutes. Throws D1's errors. */
export async function createDeviceLogin(db: D1Database, login: NewLogin, now: UnixSeconds): Promise<void> {
  await db
    .prepare(
      `INSERT INTO device_logins (id, device_hash, user_hash, name, country, state, created_at, expires_at)
       VALUES (?, ?, ?, ?, ?, 'pending', ?, ?)`,
    )
    .bind(newId("dev"), login.deviceHash, login.userHash, login.name, login.country, now, now + LOGIN_SECONDS)
    .run();
}

/** The login with the hash of this code, in any state, or null. Throws D1's errors. */
export const findDeviceLogin = (
  db: D1Database,
  column: "device_hash" | "user_hash",
  hash: string,
): Promise<DeviceLogin | null> =>
  db.prepare(`SELECT ${COLUMNS} FROM device_logins WHERE ${column} = ?`).bind(hash).first<DeviceLogin>();

/** Notes the time of a poll that came in time and is answered by "not yet". */
export async function notePoll(db: D1Database, id: string, now: UnixSeconds): Promise<void> {
  await db.prepare("UPDATE device_logins SET polled_at = ? WHERE id = ?").bind(now, id).run();
}

/**
 * Approves an open login for a license, and audits it. Returns false if the login has ended or is decided: of several
 * concurrent decisions, one counts. Throws D1's errors.
 */
export function approveDeviceLogin(
  db: D1Database,
  { id }: Pick<DeviceLogin, "id">,
  license: { id: string; generation: number },
  actor: Actor,
): Promise<boolean> {
  const change = newChange(actor, { action: "machine.approve", subject: license.id, details: { login_id: id } });
  const approve = db
    .prepare(
      `UPDATE device_logins SET state = 'approved', license_id = ?, generation = ?, last_change = ?
       WHERE id = ? AND state = 'pending' AND expires_at > ?`,
    )
    .bind(license.id, license.generation, change.id, id, actor.now);
  return commitChange(db, change, { table: "device_logins", id }, [approve]);
}

/** Declines an open login. Does nothing if it has ended or is decided. */
export async function declineDeviceLogin(db: D1Database, id: string): Promise<void> {
  await db.prepare("UPDATE device_logins SET state = 'denied' WHERE id = ? AND state = 'pending'").bind(id).run();
}

/** Uses up an approved login. Returns false if it was used: of several concurrent exchanges, one gets the key. */
export async function useDeviceLogin(db: D1Database, id: string): Promise<boolean> {
  const used = await db
    .prepare("UPDATE device_logins SET state = 'used' WHERE id = ? AND state = 'approved' RETURNING id")
    .bind(id)
    .first();
  return used !== null;
}
