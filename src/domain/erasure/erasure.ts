import { err, ok, type Result } from "../../lib/result.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import type { Config } from "../../platform/config/config.ts";
import { Problem, type Refusal } from "../../platform/http/problem.ts";
import { change, type Decided } from "../../platform/storage/change.ts";
import { type Actor, ifChanged } from "../../platform/storage/ledger.ts";
import type { Changes, EdgeState } from "../../platform/storage/settle.ts";
import { ERASED, type License, type LicenseRow } from "../licensing/license/record.ts";
import { type LicensePatch, licensePublication, licenseRoot, readLicensesByEmail } from "../licensing/license/store.ts";
import { deleteCustomer, stripeClient } from "../purchase/stripe.ts";

/** The erased licenses, the deleted customers of the payment provider, and whether the edge copy agrees. */
export type Erased = { licenses: string[]; customers: string[]; edge: EdgeState };

/** How often the address is looked up again, for licenses bought in the meantime. */
const ROUNDS = 10;

/**
 * Erases the person behind a mail address: at the payment provider, then in the ledger, license by license. The license
 * `last` is erased last, because a caller who knows the address only by this license can then ask again until all is
 * done. `settle` settles each license at once, so that a later failure leaves no erased license open. Idempotent: after
 * a failure, a repeated call continues. Throws CONFLICT (`refusalOfErasure`), SERVICE_UNAVAILABLE, and the errors of
 * Stripe and D1.
 */
export async function erasePerson(
  { db, config, settle }: { db: D1Database; config: Config; settle: (changes: Changes) => Promise<EdgeState> },
  email: string,
  actor: Actor,
  { reason, last }: { reason?: string; last?: string } = {},
): Promise<Erased> {
  const licenses: string[] = [];
  const customers = new Set<string>();
  let edge: EdgeState = "published";
  for (let round = 0; round < ROUNDS; round++) {
    const left = email === ERASED ? [] : await readLicensesByEmail(db, email);
    if (left.length === 0) {
      // A repeated request: the first one may have erased the license without publishing it.
      if (licenses.length === 0 && last)
        edge = await settle({ stale: [{ ...licensePublication(last), changeIds: [] }] });
      return { licenses, customers: [...customers], edge };
    }
    const refusal = refusalOfErasure(left);
    if (refusal) throw new Problem(refusal);
    for (const id of new Set(left.flatMap(({ stripe_customer_id }) => stripe_customer_id ?? []))) {
      await deleteCustomer(await stripeClient(config), id);
      customers.add(id);
    }
    left.sort((a, b) => Number(a.id === last) - Number(b.id === last));
    for (const { id } of left) {
      const erased = await change(db, licenseRoot, id, (license) => decideErasure(db, license, email, actor), {
        actor,
        reason: reason ?? null,
      });
      if (erased.changeId === null) continue;
      licenses.push(id);
      if ((await settle(erased.changes)) === "pending") edge = "pending";
    }
  }
  throw new Problem({ code: "CONFLICT", detail: "Licenses of this address keep being added. Please try again." });
}

/** In the meantime, another request may have erased the license, or a subscription may have begun. */
function decideErasure(
  db: D1Database,
  license: License,
  email: string,
  { now }: Actor,
): Result<Decided<LicensePatch> | null, Refusal> {
  if (license.email !== email) return ok(null);
  const refusal = refusalOfErasure([license]);
  return refusal ? err(refusal) : ok(erasureOf(db, license, now));
}

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
function erasureOf(db: D1Database, { id, email }: LicenseRow, now: UnixSeconds): Decided<LicensePatch> {
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
