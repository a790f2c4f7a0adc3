import { err, ok, type Result } from "../../lib/result.ts";
import type { Config } from "../../platform/config/config.ts";
import { Problem, type Refusal } from "../../platform/http/problem.ts";
import { change, type Decided } from "../../platform/storage/change.ts";
import type { Actor } from "../../platform/storage/ledger.ts";
import { type Changes, NO_CHANGES, together } from "../../platform/storage/settle.ts";
import { ERASED, type License } from "../licensing/license/record.ts";
import { type LicensePatch, licensePublication, licenseRoot, readLicensesByEmail } from "../licensing/license/store.ts";
import { deleteCustomer, stripeClient } from "../purchase/stripe.ts";
import { erasureOf, refusalOfErasure } from "./decision.ts";

/** The erased licenses, the deleted customers of the payment provider, and the changes to settle. */
export type Erased = { licenses: string[]; customers: string[]; changes: Changes };

/** How often the address is looked up again, for licenses bought in the meantime. */
const ROUNDS = 10;

/**
 * Erases the person behind a mail address: at the payment provider, then in the ledger, license by license. The license
 * `last` is erased last, because a caller who knows the address only by this license can then ask again until all is
 * done. Idempotent: after a failure, a repeated call continues. Throws CONFLICT (`refusalOfErasure`),
 * SERVICE_UNAVAILABLE, and the errors of Stripe and D1.
 */
export async function erasePerson(
  { db, config }: { db: D1Database; config: Config },
  email: string,
  actor: Actor,
  { reason, last }: { reason?: string; last?: string } = {},
): Promise<Erased> {
  const licenses: string[] = [];
  const customers = new Set<string>();
  let changes = NO_CHANGES;
  for (let round = 0; round < ROUNDS; round++) {
    const left = email === ERASED ? [] : await readLicensesByEmail(db, email);
    if (left.length === 0) {
      // A repeated request: the first one may have erased the license without publishing it.
      if (licenses.length === 0 && last) changes = { stale: [{ ...licensePublication(last), changeIds: [] }] };
      return { licenses, customers: [...customers], changes };
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
      changes = together(changes, erased.changes);
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
