import * as z from "zod";
import { encodeBase64Url, sha256 } from "../../../lib/encoding.ts";

const MAX_FINGERPRINT = 256;

/** What a hive sends to say which machine it is: any text of 1 to 256 characters without control characters, blanks around it aside. */
export const Fingerprint = z
  .string()
  .trim()
  .min(1)
  .max(MAX_FINGERPRINT)
  .refine((text) => !/\p{Cc}/u.test(text), "must not contain control characters");

/**
 * A machine's fingerprint as stored and as in a token's `machine` claim: base64url of
 * SHA-256("rbee-machine:" license id ":" fingerprint). The license id in it keeps two licenses' machines unlinkable.
 */
export async function hashFingerprint(licenseId: string, fingerprint: string): Promise<string> {
  return encodeBase64Url(await sha256(`rbee-machine:${licenseId}:${fingerprint}`));
}
