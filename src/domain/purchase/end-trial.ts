import { Problem, type Refusal } from "../../platform/http/problem.ts";
import type { RequestScope } from "../../platform/http/router.ts";
import type { Actor } from "../../platform/storage/ledger.ts";
import type { Changes } from "../../platform/storage/settle.ts";
import type { License } from "../licensing/license/record.ts";
import { requireLicense } from "../licensing/license/store.ts";
import { asConflict } from "./stripe.ts";
import { purchaseChanges, purchaseScope, syncLicense } from "./sync.ts";
import { endTrial } from "./trial.ts";

/** The refusal for a license without a trial that its owner could end. */
export const noTrial: Refusal = { code: "CONFLICT", detail: "No free trial of this license is running." };

/**
 * Ends the trial of a license on its owner's wish: the first payment is due now. Returns the license after that, and
 * the changes to settle. Throws CONFLICT for a license without a trial that runs, SERVICE_UNAVAILABLE, and the errors
 * of Stripe and D1.
 */
export async function endTrialNow(
  { env, var: { config } }: RequestScope,
  { id, trial_ends_at, stripe_subscription_id: subscription }: License,
  actor: Actor,
): Promise<{ license: License; changes: Changes }> {
  if (trial_ends_at === null || subscription === null) {
    throw new Problem(noTrial);
  }
  const scope = await purchaseScope(env, config);
  await endTrial(scope.stripe, subscription, {}).catch(asConflict);
  const synced = await syncLicense(scope, id, actor);
  return { license: await requireLicense(env.DB, id), changes: purchaseChanges([synced]) };
}
