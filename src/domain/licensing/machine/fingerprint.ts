import * as z from "zod";
import { encodeBase64Url, sha256 } from "../../../lib/encoding.ts";
import { lazy } from "../../../lib/lazy.ts";

const MAX_FINGERPRINT = 256;

/** The text that identifies a hive's machine: 1 to 256 code points, trimmed, without control characters. */
export const fingerprintSchema = lazy(() =>
  z
    .string()
    .trim()
    .min(1)
    .max(MAX_FINGERPRINT)
    .refine((text) => !/\p{Cc}/u.test(text), "must not contain control characters"),
);

/**
 * The hash of a machine's fingerprint, as stored and as in a token's `machine` claim: base64url of
 * SHA-256("rbee-machine:" license id ":" fingerprint). It contains the license id, so the machines of two licenses
 * cannot be linked.
 */
export async function hashFingerprint(licenseId: string, fingerprint: string): Promise<string> {
  return encodeBase64Url(await sha256(`rbee-machine:${licenseId}:${fingerprint}`));
}
