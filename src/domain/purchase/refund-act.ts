import { Problem } from "../../platform/http/problem.ts";
import type { RequestScope } from "../../platform/http/router.ts";
import { type Actor, newChange } from "../../platform/storage/ledger.ts";
import { publishNow } from "../../publication.ts";
import type { License } from "../licensing/license-record.ts";
import { type LicensePatch, requireLicense, updateLicense } from "../licensing/license-store.ts";
import { syncLicense } from "./license-sync.ts";
import { publishLicenses, purchaseScope } from "./purchase-scope.ts";
import { type Refunded, refundLicense } from "./refund.ts";
import { isStripeOutage } from "./stripe-failure.ts";

/** Throws CONFLICT for a license that was not bought here. */
export function checkWasBought({ checkout_session_id }: Pick<License, "checkout_session_id">): void {
  if (checkout_session_id !== null) return;
  throw new Problem({ code: "CONFLICT", detail: "This license was not bought here; there is nothing to refund." });
}

/**
 * Revokes a license, gives back what was paid last and ends its subscription, in this order: if Stripe fails, the license is
 * revoked already, and asking again gives the money back, once. `edge`: whether downloads follow already (`publishNow`). Throws LICENSE_NOT_FOUND, CONFLICT where nothing was bought
 * here or Stripe refuses, SERVICE_UNAVAILABLE where nothing is sold or Stripe does not answer, else what Stripe throws.
 */
export async function refundAndRevoke(
  c: RequestScope,
  admin: Actor,
  id: string,
  reason: string,
): Promise<{ license: License; refund: Refunded; edge: "published" | "pending" }> {
  const { DB } = c.env;
  const { stripe, graceDays } = await purchaseScope(c.env, c.var.config);
  const { license, changeIds } = await record(DB, id, admin, "license.refund", { admin_state: "revoked" }, { reason });
  const edge = await publishNow(c, { topic: "license", key: id }, changeIds);
  const refund = await refundLicense(stripe, license).catch(afterRevoking);
  if (refund.amount > 0) await record(DB, id, admin, "license.refunded", {}, { details: refund });
  await publishLicenses(c, [await syncLicense(DB, stripe, id, graceDays, admin)]);
  return { license: await requireLicense(DB, id), refund, edge };
}

/** For `catch`: whoever reads that money could not be given back must know what has been done all the same. */
function afterRevoking(error: unknown): never {
  const done = "The license is revoked.";
  if (error instanceof Problem) throw new Problem({ ...error, detail: `${done} ${error.detail}` });
  if (!isStripeOutage(error)) throw error;
  const detail = `${done} The payment provider does not answer: what was paid is not given back yet. Please try again.`;
  throw new Problem({ code: "SERVICE_UNAVAILABLE", detail, extras: { retry_after: 30 } });
}

/** Writes one of a refund's two entries to the audit trail, with `patch`: that it was asked for, and what was given back. */
async function record(
  db: D1Database,
  id: string,
  actor: Actor,
  action: "license.refund" | "license.refunded",
  patch: LicensePatch,
  entry: { reason?: string; details?: Record<string, unknown> },
): Promise<{ license: License; changeIds: string[] }> {
  for (let attempt = 0; attempt < 10; attempt++) {
    const license = await requireLicense(db, id);
    checkWasBought(license);
    const change = newChange(actor, { action, subject: id, details: patch, ...entry });
    if (await updateLicense(db, license, patch, change)) return { license, changeIds: [change.id] };
  }
  throw new Problem({ code: "CONFLICT", detail: "The license is being changed by others. Please try again." });
}
