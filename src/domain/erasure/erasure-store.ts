import type { UnixSeconds } from "../../lib/time.ts";
import type { Decided } from "../../platform/storage/change.ts";
import { ifChanged } from "../../platform/storage/ledger.ts";
import { ERASED, type LicenseRow } from "../licensing/license-record.ts";
import type { LicensePatch } from "../licensing/license-store.ts";

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
 * The erasure of a license as a decision of `change`: ends it and removes, in one transaction, all that names its owner. That is
 * the address, the note, the names and fingerprints of its machines, the owner of its downloads, and the address's mails, links
 * and sessions. What was sold, when and for which payment stays.
 */
export function erasureOf(db: D1Database, { id, email }: LicenseRow, now: UnixSeconds): Decided<LicensePatch> {
  return {
    action: "license.erase",
    patch: { email: ERASED, note: null, admin_state: "revoked" },
    beside: (change) => {
      const ifErased = (statement: string, ...values: (string | number)[]) =>
        ifChanged(db, { table: "licenses", id }, change.id, `${statement} AND TOOK_EFFECT`, ...values);
      return [
        ifErased(
          `UPDATE machines SET name = NULL, fingerprint_hash = 'erased:' || id, deactivated_at = coalesce(deactivated_at, ?)
           WHERE license_id = ?`,
          now,
          id,
        ),
        ...FORGET_USAGE.map((statement) => ifErased(`${statement} license_id = ?`, id)),
        ifErased("DELETE FROM mails WHERE (license_id = ? OR recipient = ?)", id, email),
        ifErased("DELETE FROM recovery_links WHERE email = ?", email),
        ifErased(
          "DELETE FROM sessions WHERE ((kind = 'license' AND subject = ?) OR (kind = 'mail' AND subject = ?))",
          id,
          email,
        ),
      ];
    },
  };
}
