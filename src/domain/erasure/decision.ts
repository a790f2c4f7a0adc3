import type { UnixSeconds } from "../../lib/time.ts";
import type { Refusal } from "../../platform/http/problem.ts";
import type { Decided } from "../../platform/storage/change.ts";
import { ifChanged } from "../../platform/storage/ledger.ts";
import { ERASED, type LicenseRow } from "../licensing/license/record.ts";
import type { LicensePatch } from "../licensing/license/store.ts";

/**
 * The refusal to erase the owner of these licenses, or null. A subscription that may still be charged must be canceled
 * first, because erasure would take away something the customer pays for.
 */
export function refusalOfErasure(licenses: Pick<LicenseRow, "subscription_state">[]): Refusal | null {
  const isRunning = licenses.some(({ subscription_state }) => !["none", "ended"].includes(subscription_state));
  return isRunning
    ? {
        code: "CONFLICT",
        detail: "A subscription is still running. Cancel it in the billing portal, and come back when it has ended.",
      }
    : null;
}

/** The statements that remove the owner from usage counts. */
const FORGET_USAGE = [
  "UPDATE downloads SET license_id = NULL, machine = NULL WHERE",
  "DELETE FROM license_places WHERE",
  "DELETE FROM license_refusals WHERE",
] as const;

/**
 * Removes usage that was counted for erased licenses after their erasure: the queue is late, and a download may run for
 * another minute. Throws D1's errors.
 */
export async function forgetLateUsage(db: D1Database): Promise<void> {
  const ofErased = "license_id IN (SELECT id FROM licenses WHERE email = ?)";
  await db.batch(FORGET_USAGE.map((statement) => db.prepare(`${statement} ${ofErased}`).bind(ERASED)));
}

/**
 * The erasure of a license, as a decision of `change`. It ends the license and removes, in one transaction, all that
 * names its owner: the address, the note, the names and fingerprints of its machines, the owner of its downloads, and
 * the address's mails, links and sessions. The sale, its date and its payment stay.
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
