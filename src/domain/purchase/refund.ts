import { ok } from "../../lib/result.ts";
import { Problem } from "../../platform/http/problem.ts";
import { type Changed, change } from "../../platform/storage/change.ts";
import type { Actor } from "../../platform/storage/ledger.ts";
import type { Changes } from "../../platform/storage/settle.ts";
import type { License } from "../licensing/license/record.ts";
import { licenseRoot, requireLicense } from "../licensing/license/store.ts";
import { endSubscription } from "./cancellation.ts";
import { keyRefusal, refusalForAdmin } from "./key-refusal.ts";
import { noteKeyRefusal } from "./key-refusal-note.ts";
import { observe, type StripeLinks } from "./observation.ts";
import { decideRefund, explainRefundRefusal, type Refundable } from "./refundable.ts";
import { asConflict, isStripeOutage, type StripeClient } from "./stripe.ts";
import { type PurchaseScope, purchaseChanges, syncLicense } from "./sync.ts";

/** A refund. Amounts are in the currency's smallest unit; `amount` is 0 when nothing was left to give back. */
export type Refunded = Pick<Refundable, "amount" | "outside"> & { currency: string | null };

/**
 * What a refund of a license would give back now, by a look at Stripe; null: nothing was paid. Throws CONFLICT for a
 * license that was not bought here and for a payment that Stripe does not give back, and Stripe's errors.
 */
export async function readRefundable(stripe: StripeClient, license: StripeLinks): Promise<Refundable | null> {
  checkWasBought(license);
  const observation = await observe(stripe, license);
  // What was credited in another way must not be given back again.
  if (observation.creditNotesRefusal) throw observation.creditNotesRefusal;
  const decided = decideRefund(observation);
  if (!decided.ok) throw new Problem(explainRefundRefusal(decided.error));
  return decided.value;
}

/** A license that was paid for, or an order that is paid and has none. */
type Paid = StripeLinks & { id: string };

/**
 * Ends the subscription first, so that nothing more is billed even if the rest fails, and refunds the last payment.
 * Idempotent. Throws CONFLICT with Stripe's reason when it refuses, and Stripe's other errors.
 */
export async function refundLast(stripe: StripeClient, license: Paid): Promise<Refunded> {
  const { stripe_subscription_id: subscription } = license;
  if (subscription !== null) await endSubscription(stripe, subscription);
  const refundable = await readRefundable(stripe, license);
  let amount = 0;
  for (const part of refundable?.parts ?? []) {
    // After a refund that failed later, the same amount is left. The number of refunds tells the two requests apart.
    const idempotencyKey = `refund:${license.id}:${part.chargeId}:${part.amount}:${part.refunds}`;
    const refund = await stripe.refunds
      .create({ charge: part.chargeId, amount: part.amount }, { idempotencyKey })
      .catch(asConflict);
    amount += refund.amount;
  }
  return { amount, outside: refundable?.outside ?? 0, currency: refundable?.currency ?? null };
}

/** Throws CONFLICT for a license that was not bought here. */
export function checkWasBought({ checkout_session_id }: Pick<License, "checkout_session_id">): void {
  if (checkout_session_id !== null) return;
  throw new Problem({ code: "CONFLICT", detail: "This license was not bought here; there is nothing to refund." });
}

/**
 * Throws CONFLICT if Stripe would not give the last payment back: then nothing is to be changed. If Stripe does not
 * answer or refuses our key, it passes: the license is revoked, and a repeated request refunds.
 */
async function checkRefundable(stripe: StripeClient, license: License): Promise<void> {
  try {
    await readRefundable(stripe, license);
  } catch (error) {
    if (!isStripeOutage(error) && keyRefusal(error) === null) throw error;
  }
}

/**
 * First step of a refund: revokes the license. Settle its changes before `giveBack`. If Stripe then fails, the license
 * is revoked already, and a repeated request refunds once. Throws LICENSE_NOT_FOUND, and CONFLICT, with nothing
 * changed, when it was not bought here, or when Stripe would not give its payment back: it is disputed, or was made
 * elsewhere.
 */
export const revokeForRefund = (
  { db, stripe }: Pick<PurchaseScope, "db" | "stripe">,
  actor: Actor,
  id: string,
  reason: string,
): Promise<Changed<License>> =>
  change(
    db,
    licenseRoot,
    id,
    async (license) => {
      await checkRefundable(stripe, license);
      const patch = { admin_state: "revoked" } as const;
      return ok({ action: "license.refund", patch, details: patch });
    },
    { actor, reason },
  );

/**
 * Second step of a refund: refunds the last payment of a revoked license and ends its subscription. Returns the license
 * as it is afterwards. Throws CONFLICT when Stripe refuses, SERVICE_UNAVAILABLE when Stripe does not answer, and
 * Stripe's other errors.
 */
export async function giveBack(
  scope: PurchaseScope,
  actor: Actor,
  license: License,
): Promise<{ license: License; refund: Refunded; changes: Changes }> {
  const failing = (done: string) => async (error: unknown) => {
    await noteKeyRefusal(scope.db, error, actor.now);
    return withDone(done, error);
  };
  const refund = await refundLast(scope.stripe, license).catch(failing("The license is revoked."));
  const { id } = license;
  if (refund.amount > 0) {
    const entry = { action: "license.refunded", patch: {}, details: refund } as const;
    await change(scope.db, licenseRoot, id, () => ok(entry), { actor });
  }
  const done = `The license is revoked${refund.amount > 0 ? ", and the payment is given back" : ""}.`;
  const synced = await syncLicense(scope, id, actor).catch(failing(done));
  return { license: await requireLicense(scope.db, id), refund, changes: purchaseChanges([synced]) };
}

/** Adds to the message of an error the part of the refund that is done. */
function withDone(done: string, error: unknown): never {
  if (error instanceof Problem) throw new Problem({ ...error, detail: `${done} ${error.detail}` });
  const refusal = keyRefusal(error);
  if (refusal) throw new Problem({ code: "SERVICE_UNAVAILABLE", detail: `${done} ${refusalForAdmin(refusal)}` });
  if (!isStripeOutage(error)) throw error;
  const detail = `${done} The payment provider does not answer, so the rest is not done yet. Please try again.`;
  throw new Problem({ code: "SERVICE_UNAVAILABLE", detail, extras: { retry_after: 30 } });
}
