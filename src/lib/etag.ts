import { sha256 } from "@noble/hashes/sha2.js";
import { encodeHex } from "./encoding.ts";

/** A strong entity tag of a body: its SHA-256 in hexadecimal, quoted (RFC 9110, section 8.8.3). */
export const etagOf = (body: Uint8Array): string => `"${encodeHex(sha256(body))}"`;

/**
 * Whether an `If-None-Match` header (null or undefined: none was sent) names `etag`, so that the answer is 304. The comparison is
 * the weak one: a cache on the way may have weakened our tag (RFC 9110, section 13.1.2).
 */
export function namesEtag(ifNoneMatch: string | null | undefined, etag: string): boolean {
  if (!ifNoneMatch) return false;
  if (ifNoneMatch.trim() === "*") return true;
  return ifNoneMatch.match(/"[^"]*"/g)?.some((named) => named === etag) ?? false;
}
