import { logFailure } from "../../../lib/log.ts";
import { err, ok } from "../../../lib/result.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { startJob } from "../../../platform/jobs/job.ts";
import { change } from "../../../platform/storage/change.ts";
import { idempotentRequest } from "../../../platform/storage/idempotency.ts";
import { type Actor, type Change, ifChanged } from "../../../platform/storage/ledger.ts";
import type { Changes } from "../../../platform/storage/settle.ts";
import type { License, LicenseRow } from "../license/record.ts";
import { licenseRoot } from "../license/store.ts";
import { type Amendment, decideAmendment, explainAmendmentRefusal } from "./amendment.ts";
import { type Holder, refusalOfLimit } from "./limits.ts";

/**
 * Amends a license: one act with one entry in the audit trail, which has the old and the new value of each field.
 * Idempotent with an `idempotencyKey`. Returns the license and the changes to settle. Throws LICENSE_NOT_FOUND, the
 * refusals of `decideAmendment` and `refusalOfLimit`, and CONFLICT when the idempotency key belongs to another request
 * or others keep changing the license.
 */
export async function amendLicense(
  db: D1Database,
  admin: Actor & Holder,
  id: string,
  wanted: Amendment,
  reason: string,
  idempotencyKey?: string,
): Promise<{ license: License; changes: Changes }> {
  const request = await idempotentRequest(admin.actor, idempotencyKey, [id, "amend", wanted, reason]);
  const { row: license, changes } = await change(
    db,
    licenseRoot,
    id,
    (before) => {
      const decision = decideAmendment(before, wanted, admin.now);
      if (!decision.ok) return err(explainAmendmentRefusal(decision.error));
      if (decision.value === null) return ok(null);
      const { patch, amended } = decision.value;
      const refusal = refusalOfLimit(admin, patch.machine_limit);
      if (refusal) return err(refusal);
      return ok({
        action: "license.amend" as const,
        patch,
        details: amended,
        beside: (made: Change) => (patch.email === undefined ? [] : accessEnded(db, before, made)),
      });
    },
    { actor: admin, reason, request },
  );
  return { license, changes };
}

/**
 * The statements that end the access of a license's old address: its sessions, its links that sign in, and its waiting
 * mails about the license, which would be written with the new key. Another license of the address stays reachable by a
 * new link.
 */
function accessEnded(db: D1Database, { id, email }: LicenseRow, made: Change): D1PreparedStatement[] {
  const ifAmended = (statement: string, ...values: string[]) =>
    ifChanged(db, { table: "licenses", id }, made.id, `${statement} AND TOOK_EFFECT`, ...values);
  return [
    ifAmended("DELETE FROM mails WHERE license_id = ? AND recipient = ? AND sent_at IS NULL", id, email),
    ifAmended("DELETE FROM mails WHERE kind = 'recovery_link' AND recipient = ? AND sent_at IS NULL", email),
    ifAmended("DELETE FROM recovery_links WHERE email = ?", email),
    ifAmended("DELETE FROM sessions WHERE kind = 'mail' AND subject = ?", email),
  ];
}

/** The job that gives customers at Stripe the amended address of their license (src/domain/purchase). */
export const CUSTOMER_ADDRESSES = "customer-addresses";

/** Starts the job for an amended address. Never throws: the cron starts it, too. */
export async function startCustomerUpdate(
  env: Pick<Env, "JOBS">,
  { customer_email_due }: Pick<LicenseRow, "customer_email_due">,
  now: UnixSeconds,
): Promise<void> {
  if (!customer_email_due) return;
  await startJob(env, CUSTOMER_ADDRESSES, now).catch((error: unknown) => logFailure("job.unsent", error));
}
