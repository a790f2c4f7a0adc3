import { err, ok, type Result } from "../../../lib/result.ts";
import { DAY, END_OF_TIME, type UnixSeconds } from "../../../lib/time.ts";
import type { Refusal } from "../../../platform/http/problem.ts";
import { endOf, isErased, isRevoked, isSubscribed, type LicenseFacts, type LicenseRow } from "../license/record.ts";
import type { LicensePatch } from "../license/store.ts";

/** An admin's act on a license. */
export type AdminAct =
  | { action: "suspend" | "reinstate" }
  /** `cancelSubscription`: its subscription is canceled at Stripe, too. Otherwise Stripe goes on billing it. */
  | { action: "revoke"; cancelSubscription?: boolean }
  /** `generation`: that of the key to replace; without it, the current one. */
  | { action: "rotate-key"; generation?: number }
  | { action: "extend"; until: { expires_at: UnixSeconds } | { days: number } };

const CONFLICTS = {
  erased: "Its owner's data was erased, which ended it for good. Issue a new license instead.",
  revoked_is_more: "The license is revoked, which is more than suspended.",
  replaced_meanwhile: "Somebody else replaced the key at the same time. The newest key is in the owner's mail.",
  revoked_has_no_key: "The license is revoked; a new key would open nothing. An owner can reinstate it first.",
  keys_used_up: "This license has used up its keys. Issue a new license.",
  revoked_has_no_end: "The license is revoked; extending it would change nothing.",
  endless: "The license has no end to move.",
  too_late: "No end can be later than the year 9999.",
  not_later: "An extension must end later than the license does now, and in the future.",
} as const;

/** Why an admin's act is refused: the state does not allow it, or only an owner may do it. */
export type AdminRefusal = { code: "CONFLICT"; why: keyof typeof CONFLICTS } | { code: "INSUFFICIENT_SCOPE" };

/** An admin's refusal in words. */
export function explainAdminRefusal(refusal: AdminRefusal): Refusal {
  switch (refusal.code) {
    case "CONFLICT":
      return { code: refusal.code, detail: CONFLICTS[refusal.why] };
    case "INSUFFICIENT_SCOPE":
      return { code: refusal.code, detail: "Only an owner reinstates a revoked license." };
  }
}

/** The last generation of a license key, which has two bytes for it. */
export const MAX_GENERATION = 0xffff;

const conflict = (why: keyof typeof CONFLICTS) => err<AdminRefusal>({ code: "CONFLICT", why });

/**
 * Decides the changes that an act makes in a license at `now`; null if none, because repeating an act is no error.
 * Errors: CONFLICT when the state does not allow it, INSUFFICIENT_SCOPE when an admin who is not an owner reinstates a
 * revoked license.
 */
export function decideAdminAct(
  license: LicenseFacts & Pick<LicenseRow, "email" | "generation" | "stripe_subscription_id" | "cancel_due_at">,
  act: AdminAct,
  isOwner: boolean,
  now: UnixSeconds,
): Result<LicensePatch | null, AdminRefusal> {
  const { admin_state, cancel_due_at } = license;
  if (isErased(license) && act.action !== "revoke") return conflict("erased");
  switch (act.action) {
    case "revoke":
      if (act.cancelSubscription === true && isSubscribed(license) && cancel_due_at === null) {
        return ok({ admin_state: "revoked", cancel_due_at: now });
      }
      return ok(admin_state === "revoked" ? null : { admin_state: "revoked" });
    case "suspend":
      if (admin_state === "revoked") return conflict("revoked_is_more");
      return ok(admin_state === "suspended" ? null : { admin_state: "suspended" });
    case "reinstate":
      if (admin_state === "revoked" && !isOwner) return err({ code: "INSUFFICIENT_SCOPE" });
      if (admin_state === "none") return ok(null);
      // A cancellation that has not happened yet is withdrawn, unless the payment itself revokes the license.
      if (cancel_due_at === null || isRevoked({ ...license, admin_state: "none" })) return ok({ admin_state: "none" });
      return ok({ admin_state: "none", cancel_due_at: null });
    case "rotate-key":
      if (act.generation !== undefined && act.generation !== license.generation) return conflict("replaced_meanwhile");
      if (isRevoked(license)) return conflict("revoked_has_no_key");
      if (license.generation >= MAX_GENERATION) return conflict("keys_used_up");
      return ok({ generation: license.generation + 1 });
    case "extend": {
      if (admin_state === "revoked") return conflict("revoked_has_no_end");
      const end = endOf(license);
      if (end === null) return conflict("endless");
      const { until } = act;
      const extendedUntil = "days" in until ? Math.max(now, end) + until.days * DAY : until.expires_at;
      if (extendedUntil === end) return ok(null);
      if (extendedUntil > END_OF_TIME) return conflict("too_late");
      if (extendedUntil < end || extendedUntil <= now) return conflict("not_later");
      return ok({ extended_until: extendedUntil });
    }
  }
}
