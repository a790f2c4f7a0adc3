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
import { eraseUsageNow } from "./usage.ts";

/**
 * The erased licenses, the deleted customers of the payment provider, whether the edge copy agrees, and whether the
 * statistics are erased, too (`pending`: they failed, and the cron retries).
 */
export type Erased = {
  licenses: string[];
  customers: string[];
  edge: EdgeState;
  statistics: "erased" | "pending";
};

/** The parts of the service that an erasure needs. */
type Scope = Pick<Env, "DB" | "STATISTICS"> & {
  config: Config;
  settle: (changes: Changes) => Promise<EdgeState>;
};

/** How often the address is looked up again, for licenses bought in the meantime. */
const ROUNDS = 10;

/**
 * Erases the person behind a mail address: at the payment provider, then in the ledger, license by license, then in the
 * statistics. Erased is erased if the statistics fail: the ledger remembers what the cron still has to do. The license
 * `last` is erased last, because a caller who knows the address only by this license can then ask again until all is
 * done. `settle` settles each license at once, so that a later failure leaves no erased license open. Idempotent: after
 * a failure, a repeated call continues. Throws CONFLICT (`refusalOfErasure`, or a held order), SERVICE_UNAVAILABLE, and
 * the errors of Stripe and D1.
 */
export async function erasePerson(
  { DB: db, STATISTICS, config, settle }: Scope,
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
      const statistics = await eraseUsageNow({ DB: db, STATISTICS }, actor.now);
      return { licenses, customers: [...customers], edge, statistics };
    }
    const refusal = await refusalToErase(db, email, left);
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

/** Without its address the buyer of a held order could be told nothing, and the next event would bring it back. */
const WAITING: Refusal = {
  code: "CONFLICT",
  detail: "A paid order of this address waits for us to look at it. It must be solved first: by a license or a refund.",
};

/**
 * The refusal to erase the owner of these licenses, for act and preview. It is the one of `refusalOfErasure`, or that
 * a paid order with the owner's `email` is held. Null if there is none. Throws D1's errors.
 */
export const refusalToErase = async (
  db: D1Database,
  email: string,
  licenses: Pick<LicenseRow, "subscription_state">[],
): Promise<Refusal | null> => refusalOfErasure(licenses) ?? ((await hasHeldOrder(db, email)) ? WAITING : null);

const hasHeldOrder = async (db: D1Database, email: string): Promise<boolean> =>
  (await db
    .prepare("SELECT 1 AS found FROM orders WHERE email = ? AND state = 'held' LIMIT 1")
    .bind(email)
    .first("found")) !== null;

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

/**
 * The erasure of a license, as a decision of `change`. It ends the license and removes, in one transaction, all that
 * names its owner: the address, the note, the names and fingerprints of its machines, and the address's orders, mails,
 * links and sessions. The sale, its date and its payment stay.
 */
function erasureOf(db: D1Database, { id, email }: LicenseRow, now: UnixSeconds): Decided<LicensePatch> {
  return {
    action: "license.erase",
    patch: { email: ERASED, note: null, admin_state: "revoked", customer_email_due: false },
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
        // The statistics are another database. This row makes the cron erase them, too, until nothing more can arrive.
        ifChanged(
          db,
          { table: "licenses", id },
          change.id,
          "INSERT INTO usage_erasures (license_id, erased_at) SELECT ?, ? WHERE TOOK_EFFECT ON CONFLICT DO NOTHING",
          id,
          now,
        ),
        // Stripe's page of an invoice names the buyer, and opens to everybody with its address.
        ifErased("UPDATE payments SET invoice_url = NULL WHERE license_id = ?", id),
        ifErased("DELETE FROM barred_machines WHERE license_id = ?", id),
        ifErased("DELETE FROM device_logins WHERE license_id = ?", id),
        ifErased("DELETE FROM mails WHERE (license_id = ? OR recipient = ?)", id, email),
        ifErased("DELETE FROM mail_opt_outs WHERE email = ?", email),
        ifErased("UPDATE orders SET email = NULL WHERE (license_id = ? OR email = ?)", id, email),
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
