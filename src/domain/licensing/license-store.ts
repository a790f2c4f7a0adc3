import { Problem } from "../../platform/http/problem.ts";
import { type Change, commitChange, isUniqueViolation } from "../../platform/storage/ledger.ts";
import { type License, LicenseRow, MachineRow } from "./license-record.ts";
import { STATUS_INDEX_SPACE } from "./status-list.ts";

/** A license with its machines (oldest first) as the ledger has it now, or null. Throws what D1 throws. */
export async function readLicense(db: D1Database, id: string): Promise<License | null> {
  const [licenses, machines] = await db.batch([
    db.prepare("SELECT * FROM licenses WHERE id = ?").bind(id),
    db.prepare("SELECT * FROM machines WHERE license_id = ? ORDER BY activated_at, id").bind(id),
  ]);
  const [row] = licenses?.results ?? [];
  if (row === undefined) return null;
  return { ...LicenseRow.parse(row), machines: (machines?.results ?? []).map((machine) => MachineRow.parse(machine)) };
}

/** `readLicense`, for one that must be there. Throws LICENSE_NOT_FOUND. */
export async function requireLicense(db: D1Database, id: string): Promise<License> {
  const license = await readLicense(db, id);
  if (license) return license;
  throw new Problem({ code: "LICENSE_NOT_FOUND", detail: "There is no license with this id." });
}

/**
 * The licenses that a condition over `licenses` with one parameter picks, oldest first, each with its machines (oldest first).
 * Throws what D1 throws.
 */
export async function selectLicenses(db: D1Database, condition: string, value: string): Promise<License[]> {
  const [licenses, machines] = await db.batch<Record<string, unknown>>([
    db.prepare(`SELECT * FROM licenses WHERE ${condition} ORDER BY id`).bind(value),
    db
      .prepare(
        `SELECT * FROM machines WHERE license_id IN (SELECT id FROM licenses WHERE ${condition}) ORDER BY activated_at, id`,
      )
      .bind(value),
  ]);
  const byLicense = Map.groupBy(machines?.results ?? [], (machine) => machine["license_id"]);
  return (licenses?.results ?? []).map((row) => {
    const license = LicenseRow.parse(row);
    return { ...license, machines: (byLicense.get(license.id) ?? []).map((machine) => MachineRow.parse(machine)) };
  });
}

/** The licenses of a mail address in lower case, oldest first, without their machines. Throws what D1 throws. */
export async function readLicensesByEmail(db: D1Database, email: string): Promise<LicenseRow[]> {
  const { results } = await db.prepare("SELECT * FROM licenses WHERE email = ? ORDER BY id").bind(email).all();
  return results.map((row) => LicenseRow.parse(row));
}

/** What a new license is made of; everything else starts at its default. */
export type NewLicense = Pick<
  LicenseRow,
  | "id"
  | "email"
  | "plan"
  | "note"
  | "entitlements"
  | "versions"
  | "updates_until"
  | "machine_limit"
  | "offline_days"
  | "expires_at"
  | "livemode"
> &
  Partial<
    Pick<
      LicenseRow,
      | "subscription_state"
      | "grace_seconds"
      | "checkout_session_id"
      | "stripe_customer_id"
      | "stripe_subscription_id"
      | "stripe_payment_intent_id"
    >
  >;

/**
 * Writes a new license with its audit and outbox entries, and `beside` them in the same transaction. Throws what D1
 * throws, a violated constraint of `beside` among it; nothing is written then.
 */
export async function insertLicense(
  db: D1Database,
  license: NewLicense,
  change: Change,
  beside: D1PreparedStatement[] = [],
): Promise<void> {
  const columns = {
    ...license,
    entitlements: JSON.stringify(license.entitlements),
    livemode: license.livemode ? 1 : 0,
    last_change: change.id,
    created_at: change.at,
    updated_at: change.at,
  };
  const names = Object.keys(columns);
  const insert = db.prepare(
    `INSERT INTO licenses (${names.join(", ")}, status_index) VALUES (${names.map(() => "?").join(", ")}, ?)`,
  );
  const root = { table: "licenses", id: license.id } as const;
  for (let attempt = 1; ; attempt++) {
    const statusIndex = (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) % STATUS_INDEX_SPACE;
    try {
      const writes = [insert.bind(...Object.values(columns), statusIndex), ...beside];
      await commitChange(db, change, root, writes, { topic: "license", key: license.id });
      return;
    } catch (error) {
      if (attempt === 8 || !isUniqueViolation(error, "licenses.status_index")) throw error;
    }
  }
}

/** Columns that an act upon a license may change. */
export type LicensePatch = Partial<
  Pick<
    LicenseRow,
    | "email"
    | "note"
    | "admin_state"
    | "refund_state"
    | "dispute_state"
    | "subscription_state"
    | "generation"
    | "expires_at"
    | "extended_until"
    | "grace_seconds"
    | "updates_until"
    | "machine_limit"
    | "plan"
    | "entitlements"
    | "versions"
    | "offline_days"
  >
>;

const columnValue = (value: LicensePatch[keyof LicensePatch]): string | number | null =>
  Array.isArray(value) ? JSON.stringify(value) : (value ?? null);

/**
 * Writes `patch` with its audit and outbox entries, and `beside` them, if the license is still at `revision`: the state that
 * the decision was made on. What stands beside must depend on `last_change`, as the entries do. Returns false, with nothing written, when somebody else was faster; read and decide again. Throws what D1 throws.
 */
export function updateLicense(
  db: D1Database,
  { id, revision }: Pick<LicenseRow, "id" | "revision">,
  patch: LicensePatch,
  change: Change,
  beside: D1PreparedStatement[] = [],
): Promise<boolean> {
  const names = Object.keys(patch);
  const update = db
    .prepare(
      `UPDATE licenses SET ${names.map((name) => `${name} = ?, `).join("")} revision = revision + 1, last_change = ?, updated_at = ?
       WHERE id = ? AND revision = ?`,
    )
    .bind(...Object.values(patch).map(columnValue), change.id, change.at, id, revision);
  return commitChange(db, change, { table: "licenses", id }, [update, ...beside], { topic: "license", key: id });
}
