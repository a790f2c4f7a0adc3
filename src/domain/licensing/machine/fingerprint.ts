import * as z from "zod";
import { encodeBase64Url, sha256 } from "../../../lib/encoding.ts";
import { lazy } from "../../../lib/lazy.ts";

const MAX_FINGERPRINT = 256;

/** A text with one spelling. */
const ASCII = /^[\x20-\x7e]*$/;

/** The text that identifies a hive's machine: 1 to 256 code points, trimmed, without control characters. */
export const fingerprintSchema = lazy(() =>
  z
    .string()
    .trim()
    .min(1)
    .max(MAX_FINGERPRINT)
    .refine((text) => !/\p{Cc}/u.test(text), "must not contain control characters"),
);

/** The hashes of one fingerprint in its spellings: first that of the text as it was sent. */
export type FingerprintHashes = readonly [string, ...string[]];

/**
 * The hashes under which a fingerprint may be stored: as it was sent, composed (NFC) and decomposed (NFD). Systems
 * spell one name in either way, and it is one machine. The stored hash is the one that a hive sent first, because
 * hives compare it with the `machine` claim of their tokens. Most fingerprints are ASCII and have one hash.
 */
export async function fingerprintHashes(licenseId: string, fingerprint: string): Promise<FingerprintHashes> {
  const first = await hashFingerprint(licenseId, fingerprint);
  if (ASCII.test(fingerprint)) return [first];
  const others = new Set([fingerprint.normalize("NFC"), fingerprint.normalize("NFD")]);
  others.delete(fingerprint);
  return [first, ...(await Promise.all([...others].map((text) => hashFingerprint(licenseId, text))))];
}

/**
 * The hash of a machine's fingerprint, as stored and as in a token's `machine` claim: base64url of
 * SHA-256("rbee-machine:" license id ":" fingerprint). It contains the license id, so the machines of two licenses
 * cannot be linked.
 */
export async function hashFingerprint(licenseId: string, fingerprint: string): Promise<string> {
  return encodeBase64Url(await sha256(`rbee-machine:${licenseId}:${fingerprint}`));
}
