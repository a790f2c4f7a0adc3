import { decodeProtectedHeader } from "jose/decode/protected_header";
import { JWTExpired } from "jose/errors";
import { SignJWT } from "jose/jwt/sign";
import { jwtVerify } from "jose/jwt/verify";
import * as z from "zod";
import { lazy } from "../../../lib/lazy.ts";
import { err, ok, type Result } from "../../../lib/result.ts";
import { DAY, type UnixSeconds } from "../../../lib/time.ts";
import type { LicenseRow } from "../license/record.ts";
import { SEAT_MARGIN } from "../license/seats.ts";
import type { LicenseRefusal } from "../refusal.ts";
import type { Keyring } from "./signing-keys.ts";

/** How long before its issue a token is already valid, in seconds: for a verifier whose clock is behind. */
const EARLY = 300;

const TOKEN_TYPE = "rbee-license+jwt";
const TOKEN_AUDIENCE = "rbee-hive";
/** The tolerated difference of a verifier's clock, in seconds. */
export const CLOCK_TOLERANCE = 60;
/** The lifetime of an ordinary token, in seconds. An offline lease lives as many days as its license allows. */
export const TOKEN_LIFETIME = DAY;
/**
 * How long tokens alone can get further tokens after the license key was last presented, in seconds. It is as long as
 * the longest lease, so a lease made with the key has its full length.
 */
export const KEY_PRESENTED_EVERY = 30 * DAY;
/** Far above the length of our tokens. Longer text is refused before it is parsed. */
const MAX_TOKEN_LENGTH = 4096;
/** Three parts, the last of 64 bytes. The last symbol has spare bits: only one spelling of a token is accepted. */
const FORM = /^[\w-]+\.[\w-]+\.[\w-]{85}[AQgw]$/;

const claimsSchema = lazy(() =>
  z.object({
    iss: z.string(),
    aud: z.literal(TOKEN_AUDIENCE),
    sub: z.string(),
    jti: z.string(),
    iat: z.number(),
    nbf: z.number(),
    exp: z.number(),
    /** When the license key was last presented (OpenID Connect Core, section 2). Older tokens have none: see `iat`. */
    auth_time: z.number().optional(),
    /** The id of the secret under which that key was genuine (`keySecretId`). Older tokens have none. */
    key_id: z.string().optional(),
    /** The machine's fingerprint, hashed as src/domain/licensing/machine/fingerprint.ts says. */
    machine: z.string(),
    plan: z.string(),
    entitlements: z.array(z.string()),
    versions: z.string(),
    updates_until: z.number().nullable(),
    /** The generation of the license key. Rotating the key ends every token of earlier generations. */
    gen: z.number(),
    status: z.object({ status_list: z.object({ idx: z.number(), uri: z.string() }) }),
  }),
);
export type LicenseTokenClaims = z.infer<ReturnType<typeof claimsSchema>>;

/** The time until which a token verifies: its end with the tolerance, or the end of its key if earlier. */
export const verifiesUntil = (token: string, { exp }: LicenseTokenClaims, keyring: Keyring): UnixSeconds => {
  const { kid } = decodeProtectedHeader(token);
  const keyEnds = kid === undefined ? undefined : keyring.verification.get(kid)?.exp;
  return Math.min(exp + CLOCK_TOLERANCE, keyEnds ?? Number.POSITIVE_INFINITY);
};

/** The part of a token's lifetime after which it is renewed: at random between these, in percent. */
const RENEWED_AFTER = { least: 50, most: 85 } as const;

/**
 * When the holder of a token issued at `now` should ask for the next one. It is spread over hours, so that hives which
 * got their tokens together after an outage do not come back together. `random` is from 0 up to 1.
 */
export const renewalTime = (now: UnixSeconds, expiresAt: UnixSeconds, random: number = Math.random()): UnixSeconds =>
  now +
  Math.floor(((expiresAt - now) * (RENEWED_AFTER.least + random * (RENEWED_AFTER.most - RENEWED_AFTER.least))) / 100);

/**
 * The expiry of an ordinary token issued at `now`, in seconds since 1970. It is never later than `endsAt`, the end of
 * the license or of its chain of renewals. A token ends before its machine's seat lapses (`seatEnds`).
 */
export const tokenExpiry = (now: UnixSeconds, endsAt: UnixSeconds, seatEnds: UnixSeconds): UnixSeconds =>
  Math.min(now + TOKEN_LIFETIME, endsAt, seatEnds - SEAT_MARGIN);

/** The expiry of an offline lease issued at `now`: as long as the license allows. It keeps its seat itself. */
export const leaseExpiry = (
  { offline_days }: Pick<LicenseRow, "offline_days">,
  endsAt: UnixSeconds,
  now: UnixSeconds,
): UnixSeconds => Math.min(now + offline_days * DAY, endsAt);

/**
 * The claims of a token for one machine (a fingerprint hash). `statusUri` is the address of its status list, `authTime`
 * the last presentation of the license key, and `keyId` the id of the secret of the keys.
 */
export function licenseTokenClaims(
  license: LicenseRow,
  machine: string,
  {
    issuer,
    statusUri,
    statusIdx,
    authTime,
    keyId,
  }: { issuer: string; statusUri: string; statusIdx: number; authTime: UnixSeconds; keyId: string },
  expiresAt: UnixSeconds,
  now: UnixSeconds,
): LicenseTokenClaims {
  return {
    iss: issuer,
    aud: TOKEN_AUDIENCE,
    sub: license.id,
    jti: crypto.randomUUID(),
    iat: now,
    nbf: now - EARLY,
    exp: expiresAt,
    auth_time: authTime,
    key_id: keyId,
    machine,
    plan: license.plan,
    entitlements: license.entitlements,
    versions: license.versions,
    updates_until: license.updates_until,
    gen: license.generation,
    status: { status_list: { idx: statusIdx, uri: statusUri } },
  };
}

/** A signed license token (JWS compact serialization, Ed25519, RFC 8037). */
export const signLicenseToken = (claims: LicenseTokenClaims, { signing }: Keyring): Promise<string> =>
  new SignJWT({ ...claims }).setProtectedHeader({ alg: "EdDSA", typ: TOKEN_TYPE, kid: signing.kid }).sign(signing.key);

type Why = Extract<LicenseRefusal, { code: "TOKEN_INVALID" }>["why"];
const invalid = (why: Why) => err<LicenseRefusal>({ code: "TOKEN_INVALID", why });

/**
 * The claims of a token that we signed for this audience and that is valid at `now`, with a tolerance of 60 s. Errors:
 * TOKEN_EXPIRED for a token that was valid, TOKEN_INVALID for anything else. KEY_REQUIRED instead of TOKEN_EXPIRED for
 * the last token of a chain of renewals, so that its holder knows that no other token helps. `alg`, `typ`, `iss` and
 * `aud` are pinned, and `kid` chooses among our own keys. So neither `alg: none` nor an HMAC under the public key is
 * tried. Reads no storage.
 */
export async function verifyLicenseToken(
  token: string,
  { keyring, issuer, now }: { keyring: Keyring; issuer: string; now: UnixSeconds },
): Promise<Result<LicenseTokenClaims, LicenseRefusal>> {
  if (token.length > MAX_TOKEN_LENGTH) return invalid("too_long");
  if (!FORM.test(token)) return invalid("malformed");
  let kid: unknown;
  try {
    kid = decodeProtectedHeader(token).kid;
  } catch {
    return invalid("malformed");
  }
  const entry = typeof kid === "string" ? keyring.verification.get(kid) : undefined;
  if (!entry || (entry.exp !== undefined && entry.exp <= now)) return invalid("unknown_key");
  try {
    const { payload } = await jwtVerify(token, entry.key, {
      algorithms: ["EdDSA"],
      typ: TOKEN_TYPE,
      issuer,
      audience: TOKEN_AUDIENCE,
      clockTolerance: CLOCK_TOLERANCE,
      currentDate: new Date(now * 1000),
      requiredClaims: ["exp", "nbf", "iat"],
    });
    const claims = claimsSchema().safeParse(payload);
    return claims.success ? ok(claims.data) : invalid("claims");
  } catch (error) {
    if (error instanceof JWTExpired) {
      const claims = claimsSchema().safeParse(error.payload);
      return err(claims.success ? refusalOfExpired(claims.data) : { code: "TOKEN_EXPIRED" });
    }
    return invalid("signature");
  }
}

/** The refusal of an expired token. The last one of a chain was made by a token, and ends with the chain. */
const refusalOfExpired = ({ auth_time, iat, exp }: LicenseTokenClaims): LicenseRefusal =>
  auth_time !== undefined && auth_time < iat && exp >= auth_time + KEY_PRESENTED_EVERY
    ? { code: "KEY_REQUIRED", why: "time" }
    : { code: "TOKEN_EXPIRED" };
