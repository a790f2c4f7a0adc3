import { logFailure } from "../../lib/log.ts";
import type { RequestScope } from "../../platform/http/router.ts";
import { type EdgeState, settle } from "../../platform/storage/settle.ts";
import { actOnLicense } from "../licensing/admin/act.ts";
import { isSubscribed, type License } from "../licensing/license/record.ts";
import { requireLicense } from "../licensing/license/store.ts";
import { cancelIfDue } from "./cancellation.ts";
import { noteKeyRefusal } from "./key-refusal-note.ts";
import { purchaseChanges, purchaseScope } from "./sync.ts";

type Admin = Parameters<typeof actOnLicense>[1];

/** A revocation that an admin asks for. */
export type Revocation = {
  id: string;
  reason: string;
  /** Whether to cancel its subscription at Stripe, too. */
  cancelSubscription: boolean;
  idempotencyKey: string | undefined;
};

/**
 * Revokes a license and publishes that. With `cancelSubscription`, it also decides in the same transaction that the
 * subscription is canceled, and tries it once. If Stripe fails, the license is revoked all the same, and the cron
 * cancels: `warningsOf` says so. Throws the refusals of `actOnLicense`, and SERVICE_UNAVAILABLE if a subscription is to
 * be canceled where nothing is sold.
 */
export async function revokeLicense(
  c: RequestScope,
  admin: Admin,
  { id, reason, cancelSubscription, idempotencyKey }: Revocation,
): Promise<{ license: License; edge: EdgeState }> {
  const { env, var: vars } = c;
  const isCanceling = cancelSubscription && isSubscribed(await requireLicense(env.DB, id));
  const scope = isCanceling ? await purchaseScope(env, vars.config) : null;
  const act = { action: "revoke", ...(cancelSubscription && { cancelSubscription }) } as const;
  const acted = await actOnLicense({ db: env.DB, config: vars.config }, admin, id, act, reason, idempotencyKey);
  const edge = await settle(c, acted.changes);
  if (scope === null) return { license: acted.license, edge };
  try {
    await settle(c, purchaseChanges([await cancelIfDue(scope, id, admin)]));
  } catch (error) {
    logFailure("cancellation.failed", error, { license: id });
    await noteKeyRefusal(env.DB, error, admin.now);
  }
  return { license: await requireLicense(env.DB, id), edge };
}
