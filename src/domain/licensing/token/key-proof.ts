import type { UnixSeconds } from "../../../lib/time.ts";
import type { LicenseRefusal } from "../refusal.ts";
import { CLOCK_TOLERANCE, KEY_PRESENTED_EVERY, type LicenseTokenClaims, TOKEN_LIFETIME } from "./token.ts";

/**
 * The proof of the license key behind a token: when the key was last presented (`authTime`; OpenID Connect Core,
 * section 2, defines `auth_time`), and the id of the secret under which it was genuine (`keyId`).
 */
export type KeyProof = { authTime: UnixSeconds; keyId: string | null };

/**
 * The proof in a token's claims. A token from before the claims counts from its own making, under any secret. No key
 * was presented later than the token was made.
 */
export const proofOf = ({ auth_time, key_id, iat }: LicenseTokenClaims): KeyProof => ({
  authTime: Math.min(auth_time ?? iat, iat),
  keyId: key_id ?? null,
});

/** The time from which the license key must be presented again. A token that a token made lives no longer. */
export const keyRequiredBy = ({ authTime }: Pick<KeyProof, "authTime">): UnixSeconds => authTime + KEY_PRESENTED_EVERY;

const ofAnotherSecret = ({ keyId }: KeyProof, currentId: string): boolean => keyId !== null && keyId !== currentId;

/** KEY_REQUIRED if a token with this proof can get no further token at `now`, else null. */
export function refusalOfRenewal(proof: KeyProof, currentId: string, now: UnixSeconds): LicenseRefusal | null {
  if (ofAnotherSecret(proof, currentId)) return { code: "KEY_REQUIRED", why: "secret" };
  return now >= keyRequiredBy(proof) ? { code: "KEY_REQUIRED", why: "time" } : null;
}

/**
 * The time until which a token is accepted online: null if only its own end decides. After LICENSE_KEY_SECRET was
 * replaced, a token of the former secret is accepted for a day after it was made. That is a day after the replacement
 * at most, for a lease as well.
 */
export const acceptedUntil = (claims: LicenseTokenClaims, currentId: string): UnixSeconds | null =>
  ofAnotherSecret(proofOf(claims), currentId) ? claims.iat + TOKEN_LIFETIME + CLOCK_TOLERANCE : null;
