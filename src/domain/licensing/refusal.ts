import { toRfc3339, type UnixSeconds } from "../../lib/time.ts";
import type { Config } from "../../platform/config/config.ts";
import { Problem, type Refusal } from "../../platform/http/problem.ts";
import { type LicenseFacts, standingOf } from "./license/record.ts";

/** The reason why a license, credential or machine does not allow something: a code and the facts for its words. */
export type LicenseRefusal =
  | { code: "KEY_INVALID"; why: "malformed" | "gone" }
  | { code: "TOKEN_INVALID"; why: keyof typeof TOKEN_INVALID }
  | { code: "KEY_REQUIRED"; why: keyof typeof KEY_REQUIRED }
  | { code: "MACHINE_MISMATCH"; why: "two_names" | "other_token" }
  | { code: "TOKEN_EXPIRED" | "KEY_ROTATED" | "MACHINE_REQUIRED" | "MACHINE_DEACTIVATED" }
  | { code: "LICENSE_REVOKED" | "LICENSE_SUSPENDED" | "LICENSE_EXPIRED" }
  | { code: "MACHINE_BARRED" }
  | { code: "TRIAL_USED"; trial_ends_at: UnixSeconds }
  | { code: "KEY_EXCHANGED"; exchanged_at: UnixSeconds }
  | { code: "MACHINE_LIMIT_REACHED"; machine_limit: number; seat_free_at: UnixSeconds | null; may_take_over: boolean }
  | { code: "RATE_LIMITED"; of: "machines" | "returns"; activations: number; retry_after: number };

/** KEY_ROTATED for a credential of another generation than the license's current one, else null. */
export const refusalOfGeneration = (current: number, presented: number): LicenseRefusal | null =>
  current === presented ? null : { code: "KEY_ROTATED" };

/** The refusal for a license that is not in force at `now`, else null. */
export function refusalOfStanding(license: LicenseFacts, now: UnixSeconds): LicenseRefusal | null {
  switch (standingOf(license, now).status) {
    case "active":
      return null;
    case "revoked":
      return { code: "LICENSE_REVOKED" };
    case "suspended":
      return { code: "LICENSE_SUSPENDED" };
    case "expired":
      return { code: "LICENSE_EXPIRED" };
  }
}

/**
 * The refusal for a credential of `generation` that is used on a license at `now`, or null. The credential is judged
 * before the license, so that the holder of a rotated (leaked) key learns nothing about the license's state.
 */
export const refusalOfUse = (
  license: LicenseFacts & { generation: number },
  generation: number,
  now: UnixSeconds,
): LicenseRefusal | null => refusalOfGeneration(license.generation, generation) ?? refusalOfStanding(license, now);

const TOKEN_INVALID = {
  too_long: "The token is too long to be one of ours.",
  malformed: "This is not a license token.",
  unknown_key: "The token's signing key is not known.",
  signature: "The token does not verify.",
  claims: "The token's claims are not those of a license token.",
  gone: "The license of this token no longer exists.",
} as const;

const KEY_REQUIRED = {
  time: "Tokens alone can be renewed for 30 days. Send the license key once to get the next token.",
  secret:
    "The keys of all licenses have been replaced since this token was made. Get a token with your new license key.",
} as const;

/** The words of the refusals that are always the same. */
const WORDS = {
  TOKEN_EXPIRED: "The token has expired. Exchange the license key for a new one.",
  KEY_ROTATED: "This license has a newer key. The old key and its tokens no longer work.",
  LICENSE_REVOKED: "This license has been revoked and no longer opens anything. Please contact its seller.",
  LICENSE_SUSPENDED: "This license is suspended. Its owner can see in the account how to continue.",
  MACHINE_REQUIRED: "A machine's fingerprint has 1 to 256 characters and no control characters.",
  MACHINE_DEACTIVATED: "This machine is not activated. Activate it with the license key.",
  MACHINE_BARRED: "This machine has been barred from the license. Please contact its seller.",
} as const;

/**
 * A refusal in words, with the links that help. The words for a license that is not in force give no reason, because
 * the reason is for the customer (`/v1/licenses/me`) and not for every holder of the key.
 */
export function explainRefusal(refusal: LicenseRefusal, { PURCHASE_URL }: Pick<Config, "PURCHASE_URL">): Refusal {
  const { code } = refusal;
  switch (code) {
    case "KEY_INVALID":
      return {
        code,
        detail:
          refusal.why === "gone"
            ? "The license of this key no longer exists."
            : "This is not a license key. Check that you copied all of it.",
      };
    case "TOKEN_INVALID":
      return { code, detail: TOKEN_INVALID[refusal.why] };
    case "KEY_EXCHANGED":
      return {
        code,
        detail:
          `This key was exchanged for an rbee license key on ${toRfc3339(refusal.exchanged_at).slice(0, 10)}. The new key begins with ` +
          "rbee_lic_. It is in the email to the license's owner, and in the account.",
      };
    case "KEY_REQUIRED":
      return { code, detail: KEY_REQUIRED[refusal.why] };
    case "LICENSE_EXPIRED":
      return {
        code,
        detail: "This license has expired. Renew it or buy a new one.",
        extras: { purchase_url: PURCHASE_URL },
      };
    case "MACHINE_MISMATCH":
      return {
        code,
        detail:
          refusal.why === "two_names"
            ? "The Basic user and `Rbee-Machine` name different machines."
            : "The token was issued to another machine than the one named.",
      };
    case "MACHINE_LIMIT_REACHED":
      return {
        code,
        detail:
          `All ${refusal.machine_limit} machines of this license are in use, or hold an offline lease that still runs. ` +
          (refusal.may_take_over
            ? "Deactivate one first, or take over the seat of the machine that has been idle longest."
            : "Deactivate one first."),
        extras: { seat_free_at: toRfc3339(refusal.seat_free_at), may_take_over: refusal.may_take_over },
      };
    case "TRIAL_USED":
      return {
        code,
        detail:
          "This machine has been in a free trial before. It can use this license from the first payment, on " +
          `${toRfc3339(refusal.trial_ends_at).slice(0, 10)}. To use it now, end the trial: the first payment is then due today.`,
      };
    case "RATE_LIMITED":
      return {
        code,
        detail:
          refusal.of === "machines"
            ? `This license has activated ${refusal.activations} different machines within a day. Please wait.`
            : `This machine has been activated ${refusal.activations} times within a day. Please wait.`,
        extras: { retry_after: refusal.retry_after },
      };
    default:
      return { code, detail: WORDS[code] };
  }
}

/** A refusal as the problem that a route throws. */
export const licenseProblem = (refusal: LicenseRefusal, config: Pick<Config, "PURCHASE_URL">): Problem =>
  new Problem(explainRefusal(refusal, config));
