import { Problem } from "../http/problem.ts";
import { type License, LicenseRow, MachineRow } from "../licensing/license-record.ts";
import { readLicense } from "../licensing/license-store.ts";
import type { Session } from "../session/session.ts";

/** Who is signed in to the account: with a license's key, or with a link mailed to an address. */
type Customer = Session<"account">["by"];

/** The licenses of who is signed in, oldest first: a key's own, a mail address's all. Throws what D1 throws. */
export async function listOwnLicenses(db: D1Database, { kind, subject }: Customer): Promise<License[]> {
  const mine = kind === "license" ? "id = ?" : "email = ?";
  const [licenses, machines] = await db.batch<Record<string, unknown>>([
    db.prepare(`SELECT * FROM licenses WHERE ${mine} ORDER BY id`).bind(subject),
    db
      .prepare(
        `SELECT * FROM machines WHERE license_id IN (SELECT id FROM licenses WHERE ${mine}) ORDER BY activated_at, id`,
      )
      .bind(subject),
  ]);
  const byLicense = Map.groupBy(machines?.results ?? [], (machine) => machine["license_id"]);
  return (licenses?.results ?? []).map((row) => {
    const license = LicenseRow.parse(row);
    return { ...license, machines: (byLicense.get(license.id) ?? []).map((machine) => MachineRow.parse(machine)) };
  });
}

/**
 * The license with this id, if it belongs to who is signed in. Throws LICENSE_NOT_FOUND for everybody else's as for those
 * that do not exist, and to who was let in by a key that has been replaced since: they must not see the new one.
 */
export async function requireOwnLicense(db: D1Database, by: Customer, id: string): Promise<License> {
  const license = by.kind === "license" && by.subject !== id ? null : await readLicense(db, id);
  if (license !== null && isOwn(license, by)) return license;
  throw new Problem({ code: "LICENSE_NOT_FOUND", detail: "Your account has no license with this id." });
}

const isOwn = (license: License, by: Customer): boolean =>
  by.kind === "license" ? license.generation === by.generation : license.email === by.subject;
