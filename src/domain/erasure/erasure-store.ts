import { type Actor, newChange } from "../../platform/storage/ledger.ts";
import { ERASED, type LicenseRow } from "../licensing/license-record.ts";
import { updateLicense } from "../licensing/license-store.ts";

/** What takes out of the counts whose they were. */
const FORGET_USAGE = [
  "UPDATE downloads SET license_id = NULL, machine = NULL WHERE",
  "DELETE FROM license_places WHERE",
  "DELETE FROM license_refusals WHERE",
] as const;

/**
 * Takes out what was counted of erased licenses after their erasure: the queue is late, and a download may run for a minute
 * more. Throws what D1 throws.
 */
export async function forgetLateUsage(db: D1Database): Promise<void> {
  const ofErased = "license_id IN (SELECT id FROM licenses WHERE email = ?)";
  await db.batch(FORGET_USAGE.map((statement) => db.prepare(`${statement} ${ofErased}`).bind(ERASED)));
}

/**
 * Ends a license and takes out of the ledger, in one transaction, what tells whose it was: the address and the note, its
 * machines' names and fingerprints, whose its downloads were, and the address's mails, links and sessions. What stays is what
 * was sold, when and for which payment. Returns the change, whose entry in the audit trail has no personal data; null with
 * nothing written when the license has changed since it was read.
 */
export async function eraseLicense(
  db: D1Database,
  license: LicenseRow,
  actor: Actor,
  reason: string | null,
): Promise<string | null> {
  const { id, email } = license;
  const change = newChange(actor, { action: "license.erase", subject: id, reason });
  const guarded = (statement: string, ...values: (string | number)[]): D1PreparedStatement =>
    db
      .prepare(`${statement} AND EXISTS (SELECT 1 FROM licenses WHERE id = ? AND last_change = ?)`)
      .bind(...values, id, change.id);
  const beside = [
    guarded(
      `UPDATE machines SET name = NULL, fingerprint_hash = 'erased:' || id, deactivated_at = coalesce(deactivated_at, ?)
       WHERE license_id = ?`,
      actor.now,
      id,
    ),
    ...FORGET_USAGE.map((statement) => guarded(`${statement} license_id = ?`, id)),
    guarded("DELETE FROM mails WHERE (license_id = ? OR recipient = ?)", id, email),
    guarded("DELETE FROM recovery_links WHERE email = ?", email),
    guarded(
      "DELETE FROM sessions WHERE ((kind = 'license' AND subject = ?) OR (kind = 'mail' AND subject = ?))",
      id,
      email,
    ),
  ];
  const patch = { email: ERASED, note: null, admin_state: "revoked" } as const;
  return (await updateLicense(db, license, patch, change, beside)) ? change.id : null;
}
