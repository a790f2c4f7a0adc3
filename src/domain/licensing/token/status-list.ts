import { SignJWT } from "jose/jwt/sign";
import { encodeBase64Url } from "../../../lib/encoding.ts";
import { HOUR, type UnixSeconds } from "../../../lib/time.ts";
import type { LicenseStatus } from "../license/record.ts";
import type { Keyring } from "./signing-keys.ts";

/** The number of places in one list. A machine's index gives its list (`index / size`) and its place in it. */
export const STATUS_LIST_SIZE = 65_536;
/** The number of indices. New ones are drawn at random from all of them. */
export const STATUS_INDEX_SPACE = STATUS_LIST_SIZE * 256;
/** How long a verifier may keep a list, in seconds. */
export const STATUS_LIST_TTL = 60;
const BITS = 2;

/** The list number of a `status_index`, and its place in that list. */
export const statusPlace = (statusIndex: number): { list: number; idx: number } => ({
  list: Math.floor(statusIndex / STATUS_LIST_SIZE),
  idx: statusIndex % STATUS_LIST_SIZE,
});

/** The draft's types: 0 valid, 1 invalid for good, 2 suspended. An expired license may be renewed, so it is 2. */
function statusType(status: LicenseStatus): 0 | 1 | 2 {
  switch (status) {
    case "active":
      return 0;
    case "revoked":
      return 1;
    case "suspended":
    case "expired":
      return 2;
  }
}

/** A list as bytes: two bits for each place, lowest bits first. A place without an entry is valid. */
export function packStatusList(entries: Iterable<{ idx: number; status: LicenseStatus }>): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array((STATUS_LIST_SIZE * BITS) / 8);
  for (const { idx, status } of entries) {
    const at = Math.floor((idx * BITS) / 8);
    bytes[at] = (bytes[at] ?? 0) | (statusType(status) << ((idx * BITS) % 8));
  }
  return bytes;
}

/**
 * A list as the signed token that verifiers fetch (`application/statuslist+jwt`, IETF Token Status List). It is
 * deflated with zlib and valid for an hour; verifiers fetch it again after `STATUS_LIST_TTL`. `uri` is its address.
 */
export async function signStatusList(
  bytes: Uint8Array<ArrayBuffer>,
  { uri, issuer, keyring, now }: { uri: string; issuer: string; keyring: Keyring; now: UnixSeconds },
): Promise<string> {
  const deflated = new Response(bytes).body?.pipeThrough(new CompressionStream("deflate"));
  const lst = encodeBase64Url(new Uint8Array(await new Response(deflated).arrayBuffer()));
  return new SignJWT({
    iss: issuer,
    sub: uri,
    iat: now,
    exp: now + HOUR,
    ttl: STATUS_LIST_TTL,
    status_list: { bits: BITS, lst },
  })
    .setProtectedHeader({ alg: "EdDSA", typ: "statuslist+jwt", kid: keyring.signing.kid })
    .sign(keyring.signing.key);
}
