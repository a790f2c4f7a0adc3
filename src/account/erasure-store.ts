import type { LicenseRow } from "../licensing/license-record.ts";
import { updateLicense } from "../licensing/license-store.ts";
import { type Actor, newChange } from "../storage/ledger.ts";
import { ERASED } from "./erasure-decision.ts";

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
    guarded("UPDATE downloads SET license_id = NULL, machine = NULL WHERE license_id = ?", id),
    guarded("DELETE FROM license_places WHERE license_id = ?", id),
    guarded("DELETE FROM license_refusals WHERE license_id = ?", id),
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
