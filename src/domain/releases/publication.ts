import { readSignature, type SignaturePolicy } from "./artifact/check.ts";
import { contentsOfRow, readSignedFile, selectContents } from "./artifact/signed-file.ts";
import { checkPackage, faultOfPlatform, type PackageFormat } from "./package-format.ts";
import type { Artifact, Release } from "./store.ts";

/** The rules that the files of a release keep to when it is published: for signatures, and of the package formats. */
export type PublicationRules = { policy: SignaturePolicy; formats: readonly PackageFormat[] };

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
  const fault = checked.ok ? faultOfPlatform(formats, artifact) : checked.error;
  return fault && `${fault.message} ${REPLACE}`;
}

const REPLACE = "Remove it from the draft and add it again.";
