import { err, ok, type Result } from "../../../lib/result.ts";
import { DAY, END_OF_TIME, type UnixSeconds } from "../../../lib/time.ts";
import type { Refusal } from "../../../platform/http/problem.ts";
import { isErased, type LicenseRow } from "../license/record.ts";
import { endOf } from "../license/status.ts";
import type { LicensePatch } from "../license/store.ts";

/** What an admin can do to a license. */
export type AdminAct =
  | { action: "revoke" | "suspend" | "reinstate" }
  /** `generation`: that of the key to replace; without it, whichever is current. */
  | { action: "rotate-key"; generation?: number }
  | { action: "extend"; until: { expires_at: UnixSeconds } | { days: number } };

const MAX_GENERATION = 0xffff;

const conflict = (detail: string) => err<Refusal>({ code: "CONFLICT", detail });

/**
 * What an act changes of a license at `now`, or null if it is already so: repeating an act is no error. Errors: CONFLICT where
 * the state does not allow it, INSUFFICIENT_SCOPE where only an owner may, which is to bring back a revoked license.
 */
export function decideAdminAct(
  license: Pick<LicenseRow, "email" | "admin_state" | "generation" | "expires_at" | "extended_until">,
  act: AdminAct,
  isOwner: boolean,
  now: UnixSeconds,
): Result<LicensePatch | null, Refusal> {
  const { admin_state } = license;
  if (isErased(license) && act.action !== "revoke") {
    return conflict("Its owner's data was erased, which ended it for good. Issue a new license instead.");
  }
  switch (act.action) {
    case "revoke":
      return ok(admin_state === "revoked" ? null : { admin_state: "revoked" });
    case "suspend":
      if (admin_state === "revoked") return conflict("The license is revoked, which is more than suspended.");
      return ok(admin_state === "suspended" ? null : { admin_state: "suspended" });
    case "reinstate":
      if (admin_state === "revoked" && !isOwner) {
        return err({ code: "INSUFFICIENT_SCOPE", detail: "Only an owner reinstates a revoked license." });
      }
      return ok(admin_state === "none" ? null : { admin_state: "none" });
    case "rotate-key":
      if (act.generation !== undefined && act.generation !== license.generation) {
        return conflict(
          "The key was replaced by somebody else at the same time. The newest one is in the owner's mail.",
        );
      }
      if (license.generation >= MAX_GENERATION) return conflict("This license has used up its keys; issue a new one.");
      return ok({ generation: license.generation + 1 });
    case "extend": {
      if (admin_state === "revoked") return conflict("The license is revoked; extending it would change nothing.");
      const end = endOf(license);
      if (end === null) return conflict("The license has no end to move.");
      const { until } = act;
      const extendedUntil = "days" in until ? Math.max(now, end) + until.days * DAY : until.expires_at;
      if (extendedUntil === end) return ok(null);
      if (extendedUntil > END_OF_TIME) return conflict("No end can be later than the year 9999.");
      if (extendedUntil < end || extendedUntil <= now) {
        return conflict("An extension must end later than the license does now, and in the future.");
      }
      return ok({ extended_until: extendedUntil });
    }
  }
}
