import { type Time, TOLERANCE, timeOf } from "./clock.ts";
import { hashFingerprint, isFingerprint } from "./fingerprint.ts";
import { type JwsFault, openJws } from "./jws.ts";
import type { KeySet } from "./key-set.ts";
import { isObject, type JsonObject } from "./result.ts";

/** The claims of a license token. Times are Unix seconds. */
export type LicenseClaims = {
  iss: string;
  aud: "rbee-hive";
  /** The license. */
  sub: string;
  jti: string;
  iat: number;
  nbf: number;
  exp: number;
  /** When the license key was last sent. */
  auth_time?: number;
  key_id?: string;
  /** The fingerprint of the machine, hashed. */
  machine: string;
  plan: string;
  entitlements: string[];
  versions: string;
  updates_until: number | null;
  gen: number;
  status: { status_list: { idx: number; uri: string } };
};

/** The code of a token that is not good, as the catalog would answer it. */
export type TokenRefusal = "TOKEN_INVALID" | "TOKEN_EXPIRED" | "KEY_REQUIRED" | "MACHINE_MISMATCH" | "MACHINE_REQUIRED";

/** The verdict on a token. `why` tells more finely, for a message; decide by `code`. */
export type TokenVerdict =
  | { code: "VALID"; claims: LicenseClaims }
  | { code: TokenRefusal; why: JwsFault | "issuer" | "audience" | "not_yet_valid" | null };

/** The facts that a token is judged by. */
export type TokenCheck = Time & {
  keys: KeySet;
  /** The catalog's public address, exactly as its tokens name it. */
  issuer: string;
  /** This machine's fingerprint. Absent: the machine is not checked. */
  fingerprint?: string | undefined;
};

const TYPE = "rbee-license+jwt";
const LONGEST = 4096;
/** How long tokens alone get further tokens after the license key was last sent, in seconds. */
const KEY_SENT_EVERY = 30 * 24 * 3600;

/**
 * Judges a license token offline: signature, catalog, times and machine. A token that was valid and has ended is
 * TOKEN_EXPIRED, or KEY_REQUIRED if no other token helps, only the license key. Everything else that is wrong is
 * TOKEN_INVALID. It does not know whether the license was revoked since: `readStatusList` tells.
 */
export async function verifyToken(token: string, check: TokenCheck): Promise<TokenVerdict> {
  const at = timeOf(check);
  const payload = await openJws(token, { type: TYPE, keys: check.keys, at, longest: LONGEST });
  if (!payload.ok) return { code: "TOKEN_INVALID", why: payload.why };
  const { iss, aud } = payload.value;
  if (iss !== check.issuer) return { code: "TOKEN_INVALID", why: "issuer" };
  if (aud !== "rbee-hive") return { code: "TOKEN_INVALID", why: "audience" };
  const claims = payload.value;
  if (!areClaims(claims)) return { code: "TOKEN_INVALID", why: "claims" };
  if (claims.nbf > at + TOLERANCE) return { code: "TOKEN_INVALID", why: "not_yet_valid" };
  if (claims.exp <= at - TOLERANCE)
    return { code: isLastOfChain(claims) ? "KEY_REQUIRED" : "TOKEN_EXPIRED", why: null };
  if (check.fingerprint === undefined) return { code: "VALID", claims };
  if (!isFingerprint(check.fingerprint)) return { code: "MACHINE_REQUIRED", why: null };
  const isOwn = (await hashFingerprint(claims.sub, check.fingerprint)) === claims.machine;
  return isOwn ? { code: "VALID", claims } : { code: "MACHINE_MISMATCH", why: null };
}

const isLastOfChain = ({ auth_time, iat, exp }: LicenseClaims): boolean =>
  auth_time !== undefined && auth_time < iat && exp >= auth_time + KEY_SENT_EVERY;

const isText = (value: unknown): value is string => typeof value === "string";
const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

/** Whether a payload has the claims of a license token, each in its type. */
function areClaims(payload: JsonObject): payload is LicenseClaims & JsonObject {
  const { sub, jti, machine, plan, versions, iat, nbf, exp, gen } = payload;
  const { auth_time, key_id, entitlements, updates_until, status } = payload;
  const list = isObject(status) ? status["status_list"] : null;
  return (
    [sub, jti, machine, plan, versions].every(isText) &&
    [iat, nbf, exp, gen].every(isNumber) &&
    (auth_time === undefined || isNumber(auth_time)) &&
    (key_id === undefined || isText(key_id)) &&
    Array.isArray(entitlements) &&
    entitlements.every(isText) &&
    (updates_until === null || isNumber(updates_until)) &&
    isObject(list) &&
    isNumber(list["idx"]) &&
    isText(list["uri"])
  );
}
