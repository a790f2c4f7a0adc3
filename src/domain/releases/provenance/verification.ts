import type { Result } from "../../../lib/result.ts";
import { isTrustedEvent, matchesRef } from "../../publishing/decision.ts";
import type { Claims, Verification } from "./claims.ts";

/** The workflows whose provenance a worker's releases may have, and whether they must have one. */
export type ProvenancePolicy = { publishers: readonly NamedWorkflow[]; required: boolean };

/** A workflow of a repository, by GitHub's ids, and the refs that it publishes from (each with at most one `*`). */
export type NamedWorkflow = { repository_id: string; repository_owner_id: string; workflow: string; refs: string[] };

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
  const ref_type = ref.startsWith("refs/tags/") ? "tag" : "branch";
  const ofRepository = publishers.filter(
    (named) => named.repository_id === repository_id && named.repository_owner_id === owner_id,
  );
  if (ofRepository.length === 0) {
    return `It was built by ${repository} (repository id ${repository_id}), which is no publisher of this worker.`;
  }
  const ofWorkflow = ofRepository.filter((named) => named.workflow === workflow);
  if (ofWorkflow.length === 0) return `It was built by the workflow ${workflow}, which is no publisher of this worker.`;
  if (!isTrustedEvent(trigger)) return `It was built for the event ${trigger}, which others than its owners may cause.`;
  if (ofWorkflow.some(({ refs }) => refs.some((pattern) => matchesRef(pattern, { ref, ref_type })))) return null;
  return `It was built from ${ref}, and no publisher of this worker publishes from there.`;
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
