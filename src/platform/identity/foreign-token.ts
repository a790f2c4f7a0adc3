import type { JWTPayload } from "jose";
import { decodeProtectedHeader } from "jose/decode/protected_header";
import * as errors from "jose/errors";
import { decodeJwt } from "jose/jwt/decode";
import { jwtVerify } from "jose/jwt/verify";
import { importJWK } from "jose/key/import";
import { err, ok, type Result } from "../../lib/result.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import { findRemoteKey, type RemoteKeys } from "./remote-keys.ts";

/** The tolerated difference of an issuer's clock, in seconds. */
export const CLOCK_TOLERANCE = 60;

/** The reason why a token of another issuer is refused. `claim` is the name of the claim that is wrong or missing. */
export type ForeignTokenFault =
  | { fault: "malformed" | "algorithm" | "issuer" | "audience" | "key" | "signature" | "early" | "expired" }
  | { fault: "claim"; claim: string }
  | { fault: "keys_unavailable" };

/** The tokens that are accepted: exactly this issuer and audience. `maxAge` in seconds, counted from `iat`. */
export type ForeignTokens = { issuer: string; audience: string; requiredClaims: string[]; maxAge?: number };

/** The only algorithm. Pinned, so that a token chooses neither `none` nor HMAC under a public key (RFC 8725, 3.1). */
const ALGORITHM = "RS256";

/**
 * Verifies a JWT that another service has issued: its form, algorithm, issuer, key, signature, audience and times. The
 * claims are returned as the issuer has signed them. Before the signature is verified, only the issuer's name and the
 * key's id are read. Reads no ledger.
 */
export async function verifyForeignToken(
  token: string,
  keys: RemoteKeys,
  { issuer, audience, requiredClaims, maxAge }: ForeignTokens,
  now: UnixSeconds,
): Promise<Result<JWTPayload, ForeignTokenFault>> {
  const named = readNames(token);
  if (named === null) return err({ fault: "malformed" });
  if (named.alg !== ALGORITHM) return err({ fault: "algorithm" });
  if (named.iss !== issuer) return err({ fault: "issuer" });
  if (named.kid === undefined) return err({ fault: "key" });
  const key = await findRemoteKey(keys, named.kid, now);
  if (!key.ok) return err({ fault: key.error === "unknown" ? "key" : "keys_unavailable" });
  try {
    const { payload } = await jwtVerify(token, await importJWK(key.value, ALGORITHM), {
      issuer,
      audience,
      requiredClaims,
      algorithms: [ALGORITHM],
      clockTolerance: CLOCK_TOLERANCE,
      currentDate: new Date(now * 1000),
      ...(maxAge === undefined ? {} : { maxTokenAge: maxAge }),
    });
    return ok(payload);
  } catch (error) {
    return err(faultOf(error));
  }
}

/** The names in a token that are needed to find its key. Null if the text is no JWT. */
function readNames(token: string): { alg: unknown; kid: string | undefined; iss: unknown } | null {
  try {
    const { alg, kid } = decodeProtectedHeader(token);
    return { alg, kid, iss: decodeJwt(token).iss };
  } catch {
    return null;
  }
}

function faultOf(error: unknown): ForeignTokenFault {
  if (error instanceof errors.JWTExpired) return { fault: "expired" };
  if (error instanceof errors.JWSSignatureVerificationFailed) return { fault: "signature" };
  if (error instanceof errors.JWTClaimValidationFailed) {
    const { claim } = error;
    if (claim === "iss") return { fault: "issuer" };
    if (claim === "aud") return { fault: "audience" };
    if (error.reason === "check_failed" && (claim === "nbf" || claim === "iat")) return { fault: "early" };
    return { fault: "claim", claim };
  }
  return { fault: "malformed" };
}
