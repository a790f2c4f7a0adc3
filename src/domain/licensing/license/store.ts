import { currentTime, type UnixSeconds } from "../../../lib/time.ts";
import { Problem } from "../../../platform/http/problem.ts";
import type { Creation, MailOfChange, RootKind } from "../../../platform/storage/change.ts";
import { writeEdge } from "../../../platform/storage/edge-store.ts";
import type { Publication } from "../../../platform/storage/ledger.ts";
import type { Changes, Publishers } from "../../../platform/storage/settle.ts";
import type { Grant } from "../grant.ts";
import { STATUS_INDEX_SPACE } from "../token/status-list.ts";
import { mailsOfChange, mailsOfCreation } from "./mails.ts";
import { type NoticeFacts, phaseOf, tellAt } from "./phase.ts";
import {
  type BillingFacts,
  type License,
  type LicenseFacts,
  licenseRecordOf,
  NEW_FACTS,
  NO_BILLING,
} from "./record.ts";
import { LicenseRow, MachineRow } from "./row.ts";

/** The license in the ledger with its machines (oldest first), or null. Throws D1's errors. */
export async function readLicense(db: D1Database, id: string): Promise<License | null> {
  const [licenses, machines, bars] = await db.batch<Record<string, unknown>>([
    db.prepare("SELECT * FROM licenses WHERE id = ?").bind(id),
    db.prepare("SELECT * FROM machines WHERE license_id = ? ORDER BY activated_at, id").bind(id),
    db.prepare("SELECT machine_id, barred_at FROM barred_machines WHERE license_id = ?").bind(id),
  ]);
  const [row] = licenses?.results ?? [];
  if (row === undefined) return null;
  return { ...LicenseRow.parse(row), machines: parseMachines(machines?.results ?? [], bars?.results ?? []) };
}

/** Parses the rows of machines, with the rows of `barred_machines` of the same licenses. */
export function parseMachines(machines: Record<string, unknown>[], bars: Record<string, unknown>[]): MachineRow[] {
  const barredAt = new Map(bars.map(({ machine_id, barred_at }) => [machine_id, barred_at]));
  return machines.map((machine) => MachineRow.parse({ ...machine, barred_at: barredAt.get(machine["id"]) ?? null }));
}

/** `readLicense` for a license that must exist. Throws LICENSE_NOT_FOUND. */
export async function requireLicense(db: D1Database, id: string): Promise<License> {
  const license = await readLicense(db, id);
  if (license) return license;
  throw new Problem({ code: "LICENSE_NOT_FOUND", detail: "There is no license with this id." });
}

/** The licenses under a condition with one parameter, oldest first, with their machines. Throws D1's errors. */
export async function selectLicenses(db: D1Database, condition: string, value: string): Promise<License[]> {
  const [licenses, machines, bars] = await db.batch<Record<string, unknown>>([
    db.prepare(`SELECT * FROM licenses WHERE ${condition} ORDER BY id`).bind(value),
    db
      .prepare(
        `SELECT * FROM machines WHERE license_id IN (SELECT id FROM licenses WHERE ${condition}) ORDER BY activated_at, id`,
      )
      .bind(value),
    db
      .prepare(
        `SELECT machine_id, barred_at FROM barred_machines WHERE license_id IN (SELECT id FROM licenses WHERE ${condition})`,
      )
      .bind(value),
  ]);
  const byLicense = Map.groupBy(machines?.results ?? [], (machine) => machine["license_id"]);
  return (licenses?.results ?? []).map((row) => {
    const license = LicenseRow.parse(row);
    return { ...license, machines: parseMachines(byLicense.get(license.id) ?? [], bars?.results ?? []) };
  });
}

/** The licenses of a mail address in lower case, oldest first, without their machines. Throws D1's errors. */
export async function readLicensesByEmail(db: D1Database, email: string): Promise<LicenseRow[]> {
  const { results } = await db.prepare("SELECT * FROM licenses WHERE email = ? ORDER BY id").bind(email).all();
  return results.map((row) => LicenseRow.parse(row));
}

/** The columns of a new license. Every other column starts with its default. */
export type NewLicense = Grant &
  Pick<LicenseRow, "id" | "email" | "plan" | "note" | "expires_at" | "livemode"> &
  Partial<
    LicenseFacts & BillingFacts & Pick<LicenseRow, AmendmentColumn | StripeLink | "trial_refused" | "cancel_due_at">
  >;

/** The columns of `licenses` that name an object of Stripe's. */
export type StripeLink =
  | "checkout_session_id"
  | "stripe_customer_id"
  | "stripe_subscription_id"
  | "stripe_payment_intent_id";

/** The KV record of a license. */
export const licensePublication = (id: string): Publication => ({ topic: "license", key: id });

/** The changes to settle after a change of a license or of its machines; `changeId` null: nothing has changed. */
export const licenseChanges = (id: string, changeId: string | null): Changes => ({
  stale: changeId === null ? [] : [{ ...licensePublication(id), changeIds: [changeId] }],
});

/**
 * The creation of a license, for `create`. `more` commits with it, and so do the mails to its owner, unless `isMailed`
 * is false; `mails` are further ones.
 */
export const licenseCreation = (
  db: D1Database,
  license: NewLicense,
  {
    isMailed = true,
    mails = [],
    ...more
  }: Pick<Creation, "action" | "details" | "beside"> & { isMailed?: boolean; mails?: readonly MailOfChange[] },
): Creation => ({
  ...more,
  table: "licenses",
  id: license.id,
  publication: licensePublication,
  redraw: "licenses.status_index",
  mails: (change) => [...(isMailed ? mailsOfCreation(withDefaults(license, change.at), change) : []), ...mails],
  insert: (change) => {
    const columns = {
      ...license,
      ...toldOf(withDefaults(license, change.at), change.at),
      status_index: (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) % STATUS_INDEX_SPACE,
      last_change: change.id,
      created_at: change.at,
      updated_at: change.at,
    };
    const names = Object.keys(columns);
    return db
      .prepare(`INSERT INTO licenses (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`)
      .bind(...Object.values(columns).map(columnValue));
  },
});

/** The columns by which amendments and payments leave each other alone. */
type AmendmentColumn = "machine_limit_paid" | "machine_limit_floor" | "plan_amended" | "customer_email_due";

/** The facts of a new license, with the defaults of the columns that it leaves out. */
const withDefaults = (license: NewLicense, created_at: UnixSeconds) => ({
  ...NEW_FACTS,
  ...NO_BILLING,
  checkout_session_id: null,
  ...license,
  created_at,
});

/** The columns that remember the phase that an owner is told of, as a change at `now` leaves them. */
const toldOf = (license: NoticeFacts, now: UnixSeconds): Pick<LicenseRow, "told" | "tell_at"> => ({
  told: phaseOf(license, now),
  tell_at: tellAt(license, now),
});

/** The columns that an act on a license may change. */
export type LicensePatch = Partial<
  Grant &
    LicenseFacts &
    BillingFacts &
    Pick<
      LicenseRow,
      "email" | "note" | "plan" | "generation" | "trial_refused" | "cancel_due_at" | StripeLink | AmendmentColumn
    >
>;

function columnValue(value: LicenseRow[keyof LicenseRow] | undefined): string | number | null {
  if (typeof value === "boolean") return value ? 1 : 0;
  return Array.isArray(value) ? JSON.stringify(value) : (value ?? null);
}

/** A license, for `change`. The write takes effect only at the revision of the decision. */
export const licenseRoot: RootKind<License, LicensePatch> = {
  table: "licenses",
  read: requireLicense,
  write(db, license, patch, change) {
    const columns = { ...patch, ...toldOf({ ...license, ...patch }, change.at) };
    return db
      .prepare(
        `UPDATE licenses SET ${Object.keys(columns)
          .map((name) => `${name} = ?, `)
          .join("")} revision = revision + 1, last_change = ?, updated_at = ?
         WHERE id = ? AND revision = ?`,
      )
      .bind(...Object.values(columns).map(columnValue), change.id, change.at, license.id, license.revision);
  },
  after: (license, patch, { at }) => ({
    ...license,
    ...patch,
    ...toldOf({ ...license, ...patch }, at),
    updated_at: at,
    revision: license.revision + 1,
  }),
  publication: ({ id }) => licensePublication(id),
  mails: mailsOfChange,
};

/** Publishes a license's edge copy. The mark is its revision, which every change of it or its machines raises. */
export const licensePublisher: Publishers["license"] = {
  async publish(env, licenseId) {
    // The time is taken before the read, because a credential issued after the read may know more than the record.
    const now = currentTime();
    const license = await readLicense(env.DB, licenseId);
    if (!license) throw new Error(`no license ${licenseId} to publish`);
    await writeEdge(env.EDGE, `license:${licenseId}`, licenseRecordOf(license, now), now);
    return String(license.revision);
  },
  async mark(env, licenseId) {
    const row = await env.DB.prepare("SELECT revision FROM licenses WHERE id = ?")
      .bind(licenseId)
      .first<{ revision: number }>();
    return String(row?.revision);
  },
};
