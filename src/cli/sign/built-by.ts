import { createHash } from "node:crypto";
import type { Claims } from "../../domain/releases/provenance/claims.ts";
import { provenSigner } from "../../domain/releases/provenance/signer.ts";
import { parseProvenance, unknownSubjects } from "../../domain/releases/provenance/statement.ts";
import { err, type Result } from "../../lib/result.ts";
import { trustedRoots } from "./trusted-roots.ts";

/**
 * The claims of the run that a provenance proves for these files. This machine verifies it and believes no word of the
 * catalog. The error is the reason for a person.
 */
export async function builtBy(
  text: string,
  files: readonly { filename: string; sha256: string }[],
): Promise<Result<Claims, string>> {
  const attestations = parseProvenance(text);
  if (!attestations.ok) return err("It cannot be read.");
  const subjects = attestations.value.flatMap((attestation) => attestation.subjects);
  const [unknown] = unknownSubjects(subjects, files);
  if (unknown) return err(`It attests ${unknown.name}, which is not a file of the release with that sha256.`);
  const { readTrustedRoots, verifyBundle } = await import("../../domain/releases/provenance/sigstore.ts");
  const instances = readTrustedRoots(await trustedRoots());
  return provenSigner(text, (document) => verifyBundle(instances, document));
}

/** The SHA-256 of a text's bytes in hexadecimal. */
export const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
