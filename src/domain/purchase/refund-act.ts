import { ok } from "../../lib/result.ts";
import { Problem } from "../../platform/http/problem.ts";
import { type Changed, change } from "../../platform/storage/change.ts";
import type { Actor } from "../../platform/storage/ledger.ts";
import type { Changes } from "../../platform/storage/settle.ts";
import type { License } from "../licensing/license-record.ts";
import { licenseRoot, requireLicense } from "../licensing/license-store.ts";
import type { PurchaseScope } from "./fulfilment.ts";
import { syncLicense } from "./license-sync.ts";
import { purchaseChanges } from "./purchase-scope.ts";
import { type Refunded, refundLicense } from "./refund.ts";
import { isStripeOutage } from "./stripe-failure.ts";

/** Throws CONFLICT for a license that was not bought here. */
export function checkWasBought({ checkout_session_id }: Pick<License, "checkout_session_id">): void {
  if (checkout_session_id !== null) return;
  throw new Problem({ code: "CONFLICT", detail: "This license was not bought here; there is nothing to refund." });
}

/**
 * First step of a refund: revokes the license. Settle its changes before `giveBack`: if Stripe then fails, the license is revoked
 * already, and asking again gives the money back, once. Throws LICENSE_NOT_FOUND, and CONFLICT when it was not bought here.
 */
export const revokeForRefund = (
  { db }: Pick<PurchaseScope, "db">,
  actor: Actor,
  id: string,
  reason: string,
): Promise<Changed<License>> =>
  change(
    db,
    licenseRoot,
    id,
    (license) => {
      checkWasBought(license);
      const patch = { admin_state: "revoked" } as const;
      return ok({ action: "license.refund", patch, details: patch });
    },
    { actor, reason },
  );

/**
 * Second step of a refund: gives back the last payment of a revoked license and ends its subscription. Returns the license as it
 * is then. Throws CONFLICT when Stripe refuses, SERVICE_UNAVAILABLE when Stripe does not answer, and other errors of Stripe.
 */
export async function giveBack(
  { db, stripe, graceDays }: PurchaseScope,
  actor: Actor,
  license: License,
): Promise<{ license: License; refund: Refunded; changes: Changes }> {
  const refund = await refundLicense(stripe, license).catch(afterRevoking);
  const { id } = license;
  if (refund.amount > 0) {
    const entry = { action: "license.refunded", patch: {}, details: refund };
    await change(db, licenseRoot, id, () => ok(entry), { actor });
  }
  const synced = await syncLicense(db, stripe, id, graceDays, actor);
  return { license: await requireLicense(db, id), refund, changes: purchaseChanges([synced]) };
}

/** For `catch`: says beside the failure that the license is revoked all the same. */
function afterRevoking(error: unknown): never {
  const done = "The license is revoked.";
  if (error instanceof Problem) throw new Problem({ ...error, detail: `${done} ${error.detail}` });
  if (!isStripeOutage(error)) throw error;
  const detail = `${done} The payment provider does not answer, so the payment is not given back yet. Please try again.`;
  throw new Problem({ code: "SERVICE_UNAVAILABLE", detail, extras: { retry_after: 30 } });
}
