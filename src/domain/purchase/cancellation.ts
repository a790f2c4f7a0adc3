import { ok } from "../../lib/result.ts";
import { change } from "../../platform/storage/change.ts";
import type { Actor } from "../../platform/storage/ledger.ts";
import { isRevoked } from "../licensing/license/record.ts";
import { licenseRoot, requireLicense } from "../licensing/license/store.ts";
import { isMissing, type StripeClient } from "./stripe.ts";
import { type PurchaseScope, syncLicense, type TouchedLicense } from "./sync.ts";

/**
 * Cancels the subscription of a license at Stripe at once, without a credit or a last invoice, if that is due
 * (`cancel_due_at`). A license that is no longer revoked keeps its subscription. Nothing is due any more afterwards, or
 * it throws and stays due: the caller or the cron repeats it. Idempotent. Throws the errors of Stripe and D1.
 */
export async function cancelIfDue(scope: PurchaseScope, licenseId: string, actor: Actor): Promise<TouchedLicense> {
  const { db, stripe } = scope;
  const license = await requireLicense(db, licenseId);
  const id = license.stripe_subscription_id;
  if (license.cancel_due_at === null) return { licenseId, changeIds: [] };
  if (id === null || !isRevoked(license)) return noLongerDue(db, licenseId, actor, "in_force");
  const outcome = await endSubscription(stripe, id);
  if (outcome === "missing") return noLongerDue(db, licenseId, actor, outcome);
  const entry = { action: "license.cancel-subscription", patch: {}, details: { subscription: id } } as const;
  const noted = outcome === "canceled" ? await change(db, licenseRoot, licenseId, () => ok(entry), { actor }) : null;
  const synced = await syncLicense(scope, licenseId, actor);
  return { licenseId, changeIds: [noted?.changeId, ...synced.changeIds].filter((one) => typeof one === "string") };
}

/** Forgets that a cancellation is due: the license is in force again, or Stripe has no such subscription. */
async function noLongerDue(
  db: D1Database,
  licenseId: string,
  actor: Actor,
  why: "in_force" | "missing",
): Promise<TouchedLicense> {
  const { changeId } = await change(
    db,
    licenseRoot,
    licenseId,
    (license) => {
      // Somebody may have decided anew since.
      if (license.cancel_due_at === null || (why === "in_force" && isRevoked(license))) return ok(null);
      return ok({ action: "license.keep-subscription", patch: { cancel_due_at: null }, details: { why } });
    },
    { actor },
  );
  return { licenseId, changeIds: changeId === null ? [] : [changeId] };
}

/**
 * Cancels a subscription at Stripe at once. Returns `ended` if it was canceled before, and `missing` if Stripe has none
 * with this id. Throws Stripe's other errors.
 */
export async function endSubscription(stripe: StripeClient, id: string): Promise<"canceled" | "ended" | "missing"> {
  try {
    const { status } = await stripe.subscriptions.retrieve(id);
    if (status === "canceled" || status === "incomplete_expired") return "ended";
  } catch (error) {
    if (isMissing(error)) return "missing";
    throw error;
  }
  try {
    await stripe.subscriptions.cancel(id);
    return "canceled";
  } catch (error) {
    // Somebody canceled it in between: Stripe has only running subscriptions to cancel.
    if (isMissing(error)) return "ended";
    throw error;
  }
}
