import { Problem } from "../../platform/http/problem.ts";
import type { RequestScope } from "../../platform/http/router.ts";
import type { Actor } from "../../platform/storage/ledger.ts";
import { publishNow } from "../../publication.ts";
import { ERASED } from "../licensing/license-record.ts";
import { readLicensesByEmail } from "../licensing/license-store.ts";
import { deleteCustomer } from "../purchase/customer-deletion.ts";
import { stripeClient } from "../purchase/stripe-client.ts";
import { refusalOfErasure } from "./erasure-decision.ts";
import { eraseLicense } from "./erasure-store.ts";

/**
 * What was erased: the licenses that have ended with it, and the payment provider's customers that were deleted. `edge`: whether
 * downloads follow already (`publishNow`).
 */
export type Erased = { licenses: string[]; customers: string[]; edge: "published" | "pending" };

/** As often as somebody else may change one of the licenses meanwhile. */
const ATTEMPTS = 10;

/**
 * Erases the person behind a mail address: at the payment provider, then in the ledger, license by license, that with the id `last`
 * in the end: who knows the address by this license alone can ask again until all is done. Repeatable: after a failure it goes on
 * where it was, and finds nothing left in the end. Throws CONFLICT (`refusalOfErasure`), SERVICE_UNAVAILABLE,
 * and what Stripe or D1 throw.
 */
export async function erasePerson(
  c: RequestScope,
  email: string,
  actor: Actor,
  { reason, last }: { reason?: string; last?: string } = {},
): Promise<Erased> {
  const { DB } = c.env;
  const erased: Erased = { licenses: [], customers: [], edge: "published" };
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const licenses = email === ERASED ? [] : await readLicensesByEmail(DB, email);
    if (licenses.length === 0) {
      // Asked for again: an earlier time may have erased the license without reaching the edge.
      if (erased.licenses.length === 0 && last) erased.edge = await publishNow(c, { topic: "license", key: last }, []);
      return erased;
    }
    const refusal = refusalOfErasure(licenses);
    if (refusal) throw new Problem(refusal);
    for (const id of new Set(licenses.flatMap(({ stripe_customer_id }) => stripe_customer_id ?? []))) {
      await deleteCustomer(await stripeClient(c.var.config), id);
      if (!erased.customers.includes(id)) erased.customers.push(id);
    }
    licenses.sort((a, b) => Number(a.id === last) - Number(b.id === last));
    for (const license of licenses) {
      const changeId = await eraseLicense(DB, license, actor, reason ?? null);
      if (changeId === null) continue;
      erased.licenses.push(license.id);
      const edge = await publishNow(c, { topic: "license", key: license.id }, [changeId]);
      if (edge === "pending") erased.edge = edge;
    }
  }
  throw new Problem({ code: "CONFLICT", detail: "The licenses are being changed by others. Please try again." });
}
