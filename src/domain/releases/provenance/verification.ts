import * as z from "zod";
import { encodeHex } from "../../../lib/encoding.ts";
import { lazy } from "../../../lib/lazy.ts";
import { err, ok, type Result } from "../../../lib/result.ts";
import { type Claims, claimsSchema } from "./claims.ts";
import type { VerifiedEnvelope } from "./sigstore.ts";
import { documentsOf, payloadOf } from "./statement.ts";

/** What the catalog has found out about a provenance's signatures, as the ledger keeps it. */
export const verificationSchema = lazy(() =>
  z.object({
    /** Whether the signer is proven, and is a publisher of the worker if an owner has named any. */
    verified: z.boolean(),
    /** The reason as a sentence if it is not verified. */
    reason: z.string().nullable(),
    /** The claims of the proven signer; null if there is none. */
    claims: claimsSchema().nullable(),
  }),
);

export type Verification = z.infer<ReturnType<typeof verificationSchema>>;

/** The workflows whose provenance a worker's releases may have, and whether they must have one. */
export type ProvenancePolicy = { publishers: readonly NamedWorkflow[]; required: boolean };

/** A workflow of a repository, by GitHub's ids, and the refs that it publishes from (each with at most one `*`). */
export type NamedWorkflow = { repository_id: string; repository_owner_id: string; workflow: string; refs: string[] };

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

/** The verification of a provenance whose signer is `signer`, under the worker's policy. */
export function decideVerification(signer: Result<Claims, string>, { publishers }: ProvenancePolicy): Verification {
  if (!signer.ok) return { verified: false, reason: signer.error, claims: null };
  const claims = signer.value;
  const fault = publishers.length === 0 ? null : faultOfSigner(claims, publishers);
  return { verified: fault === null, reason: fault, claims };
}

/** The sentence why a run is none of the publishers, or null. Ids are compared, because a name may get a new owner. */
function faultOfSigner(claims: Claims, publishers: readonly NamedWorkflow[]): string | null {
  const { repository, repository_id, owner_id, workflow, ref, trigger } = claims;
  const ofRepository = publishers.filter(
    (named) => named.repository_id === repository_id && named.repository_owner_id === owner_id,
  );
  if (ofRepository.length === 0) {
    return `It was built by ${repository} (repository id ${repository_id}), which is no publisher of this worker.`;
  }
  const ofWorkflow = ofRepository.filter((named) => named.workflow === workflow);
  if (ofWorkflow.length === 0) return `It was built by the workflow ${workflow}, which is no publisher of this worker.`;
  if (trigger.startsWith("pull_request")) return "It was built for a pull request.";
  if (ofWorkflow.some(({ refs }) => refs.some((pattern) => fits(ref, pattern)))) return null;
  return `It was built from ${ref}, and no publisher of this worker publishes from there.`;
}

/** Whether a ref fits a pattern, whose one `*` stands for any characters. */
function fits(ref: string, pattern: string): boolean {
  const star = pattern.indexOf("*");
  if (star < 0) return ref === pattern;
  const [start, end] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return ref.length >= start.length + end.length && ref.startsWith(start) && ref.endsWith(end);
}

/** The sentence why a release cannot be published without better provenance, or null. */
export function faultOfRequired(
  { publishers, required }: ProvenancePolicy,
  verification: Verification | null,
  unattested: readonly string[],
): string | null {
  if (!required) return null;
  if (publishers.length === 0) {
    return "This worker needs verified provenance, and no owner has named a publisher for it.";
  }
  if (verification === null) return "This worker needs verified provenance, and the release has none.";
  if (!verification.verified) return `This worker needs verified provenance. ${verification.reason}`;
  return unattested.length === 0 ? null : `The provenance does not attest ${unattested.join(", ")}.`;
}
