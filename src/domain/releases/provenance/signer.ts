import { encodeHex } from "../../../lib/encoding.ts";
import { err, ok, type Result } from "../../../lib/result.ts";
import type { Claims } from "./claims.ts";
import type { VerifiedEnvelope } from "./sigstore.ts";
import { documentsOf, payloadOf } from "./statement.ts";

/** More than any build attests, and little work. */
const MAX_BUNDLES = 50;

/** The verifier of one bundle: `verifyBundle` with the trusted instances. */
export type VerifyBundle = (document: unknown) => Result<VerifiedEnvelope, string>;

/**
 * The claims of the run that signed a provenance, which may have several bundles. Each must be signed, by the same run.
 * The error is the reason for a person.
 */
export function provenSigner(text: string, verify: VerifyBundle): Result<Claims, string> {
  const documents = documentsOf(text);
  if (documents.length > MAX_BUNDLES) return err(`It has more than ${MAX_BUNDLES} attestations.`);
  let signer: Claims | null = null;
  for (const text of documents) {
    const document: unknown = JSON.parse(text);
    if (!isBundle(document)) return err("It is not a Sigstore bundle, so its signer is unknown.");
    const verified = verify(document);
    if (!verified.ok) return verified;
    const { claims, payload } = verified.value;
    const read = payloadOf(document);
    // The statement that the catalog reads must be the signed bytes themselves.
    if (read === null || encodeHex(read) !== encodeHex(payload)) return err("Its payload is read in two ways.");
    if (signer !== null && JSON.stringify(signer) !== JSON.stringify(claims)) {
      return err("Its attestations are signed by different runs.");
    }
    signer = claims;
  }
  return signer === null ? err("It has no attestation.") : ok(signer);
}

const isBundle = (document: unknown): boolean =>
  typeof document === "object" && document !== null && "verificationMaterial" in document;
