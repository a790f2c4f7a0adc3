import { err, ok, type Result } from "../../lib/result.ts";
import type { Config } from "../../platform/config/config.ts";
import { readSignature, type SignaturePolicy, signaturePolicy } from "./artifact/check.ts";
import { contentsOfRow, readSignedFile, selectContents } from "./artifact/signed-file.ts";
import { checkPackage, type PackageFormat } from "./package-format.ts";
import type { Verification } from "./provenance/claims.ts";
import { type ProvenanceConfig, readProvenancePolicy } from "./provenance/policy.ts";
import { decideVerification, faultOfRequired } from "./provenance/verification.ts";
import type { Artifact, Release } from "./store.ts";

/**
 * The rules that a release keeps to when it is published: for signatures, of the package formats, and for provenance.
 */
export type PublicationRules = {
  policy: SignaturePolicy;
  formats: readonly PackageFormat[];
  provenance: Pick<ProvenanceConfig, "PROVENANCE_REQUIRED">;
};

/** The rules of a deployment. Throws `ConfigError` for an unreadable release key. */
export const publicationRules = (config: Config, formats: readonly PackageFormat[]): PublicationRules => ({
  policy: signaturePolicy(config),
  formats,
  provenance: config,
});

/**
 * The verification of a draft's provenance by the publishers of now, with which it is published; null if it has none.
 * The error is the sentence why it cannot be published. Throws D1's errors.
 */
export async function verificationToPublish(
  db: D1Database,
  { worker_id, provenance, artifacts }: Release,
  rules: PublicationRules,
): Promise<Result<Verification | null, string>> {
  const policy = await readProvenancePolicy(db, rules.provenance, worker_id);
  const known = provenance?.verification ?? null;
  const signer = known?.claims
    ? ok(known.claims)
    : err(known?.reason ?? "It was attached before it could be verified.");
  const verification = provenance && decideVerification(signer, policy);
  const attested = new Set(provenance?.subjects.map(({ name }) => name));
  const unattested = artifacts.map(({ filename }) => filename).filter((name) => !attested.has(name));
  const fault = faultOfRequired(policy, verification, unattested);
  return fault === null ? ok(verification) : err(fault);
}

/** The sentence why the files of a draft cannot be published; null if they can. Throws D1's errors. */
export async function obstacleInFiles(
  db: D1Database,
  release: Release,
  rules: PublicationRules,
): Promise<string | null> {
  for (const artifact of release.artifacts) {
    const message = await faultOfFile(db, release, artifact, rules);
    if (message !== null) return `${artifact.filename}: ${message}`;
  }
  return null;
}

async function faultOfFile(
  db: D1Database,
  release: Release,
  artifact: Artifact,
  { policy, formats }: PublicationRules,
): Promise<string | null> {
  if (artifact.signature === null && policy.required) {
    return "A minisign signature is required. Run rbee-catalog release sign with the release key.";
  }
  const signature = await readSignature(artifact.signature, policy, await readSignedFile(db, artifact));
  if (!signature.ok) return `${signature.error.message} ${REPLACE}`;
  const contents = artifact.kind === "package" ? contentsOfRow(await selectContents(db, artifact.id).first()) : null;
  const checked = checkPackage(formats, release, { ...artifact, package: contents });
  return checked.ok ? null : `${checked.error.message} ${REPLACE}`;
}

const REPLACE = "Remove it from the draft and add it again.";
