import { fromBase64Url } from "./bytes.ts";
import type { UnixSeconds } from "./clock.ts";
import { isObject } from "./result.ts";

type Key = { bytes: Uint8Array<ArrayBuffer>; ends: UnixSeconds };

/** The keys that sign tokens and status lists, by their ids. */
export type KeySet = ReadonlyMap<string, Key>;

/**
 * Reads a key set (RFC 7517), the JSON of `/.well-known/jwks.json`. It skips keys that are not Ed25519, so that a later
 * kind of key breaks nothing. A value that is no key set has no keys.
 */
export function readKeySet(json: unknown): KeySet {
  const listed = isObject(json) ? json["keys"] : null;
  const keys = new Map<string, Key>();
  for (const entry of Array.isArray(listed) ? listed : []) {
    const { kty, crv, kid, x, exp = Number.POSITIVE_INFINITY } = isObject(entry) ? entry : {};
    const bytes = typeof x === "string" ? fromBase64Url(x) : null;
    const isOurs = kty === "OKP" && crv === "Ed25519" && bytes?.length === 32 && typeof exp === "number";
    if (isOurs && typeof kid === "string" && kid !== "" && !keys.has(kid)) keys.set(kid, { bytes, ends: exp });
  }
  return keys;
}

/** The key with this id that verifies at a time, or null. */
export function keyOf(keys: KeySet, kid: unknown, at: UnixSeconds): Uint8Array<ArrayBuffer> | null {
  const key = typeof kid === "string" ? keys.get(kid) : undefined;
  return key !== undefined && at < key.ends ? key.bytes : null;
}
