import * as z from "zod";
import { type CatalogClient, path } from "../catalog-client.ts";
import { CliError, EXIT, problemCode } from "../errors.ts";
import { findRelease, Release } from "../release-view.ts";
import type { ReleaseFile } from "./release-file.ts";
import { uploadArtifact } from "./upload.ts";

const ReleaseAnswer = z.looseObject({ release: Release });
const ArtifactAnswer = z.looseObject({ artifact: z.looseObject({ id: z.string() }) });

/** A release as its publisher describes it. */
export type Publication = {
  workerId: string;
  version: string;
  /** Left to the version when it is undefined: `-rc.1` goes to rc, a final one to stable. */
  channel: string | undefined;
  notes: string | undefined;
  /** The git tag that the recipe of a free worker builds. */
  sourceTag?: string | undefined;
  files: readonly ReleaseFile[];
  /** What the builder attests of the files: DSSE, Sigstore bundle or `.intoto.jsonl`. */
  provenance?: Blob | undefined;
};

/**
 * Brings a release to the state that `publication` describes and returns it: drafts it, uploads what is missing,
 * publishes. Repeatable: after a break it goes on where it was, and a release that is published with these very files is
 * done. Throws `CliError`, also when the version exists with other files: what is published never changes.
 */
export async function publishRelease(
  client: CatalogClient,
  credential: string,
  publication: Publication,
): Promise<Release> {
  const release = await draft(client, credential, publication);
  for (const file of publication.files) requireSameFile(release, file);
  if (release.status === "published" && publication.files.every((file) => artifactOf(release, file) !== undefined)) {
    return attachProvenance(client, credential, release, publication.provenance);
  }
  if (release.status !== "draft") {
    throw new CliError(
      EXIT.failure,
      `${release.worker_id} ${release.version} is ${release.status} and cannot change. Publish a new version.`,
    );
  }
  for (const file of publication.files) {
    const artifactId = artifactOf(release, file)?.id ?? (await addArtifact(client, credential, release.id, file));
    await uploadArtifact(client, credential, { releaseId: release.id, artifactId }, file);
  }
  await attachProvenance(client, credential, release, publication.provenance);
  const published = await client.json(ReleaseAnswer, {
    method: "POST",
    path: path`/v1/admin/releases/${release.id}/publish`,
    credential,
    repeatable: true,
    body: {},
  });
  return published.release;
}

/** Attaches provenance, if there is any, and returns the release. A published one may still gain it, the same one again too. */
async function attachProvenance(
  client: CatalogClient,
  credential: string,
  release: Release,
  provenance: Blob | undefined,
): Promise<Release> {
  if (provenance === undefined) return release;
  const { release: attached } = await client.json(ReleaseAnswer, {
    method: "PUT",
    path: path`/v1/admin/releases/${release.id}/provenance`,
    credential,
    body: provenance,
  });
  return attached;
}

/** Makes the draft, or finds the release that has this version already. */
async function draft(client: CatalogClient, credential: string, publication: Publication): Promise<Release> {
  const { workerId, version, channel, notes, sourceTag } = publication;
  try {
    const { release } = await client.json(ReleaseAnswer, {
      method: "POST",
      path: "/v1/admin/releases",
      credential,
      // A second attempt after one that arrived meets its own draft, as CONFLICT.
      repeatable: true,
      body: { worker_id: workerId, version, channel, notes, source_tag: sourceTag },
    });
    return release;
  } catch (error) {
    if (problemCode(error) !== "CONFLICT") throw error;
    const release = await findRelease(client, credential, workerId, version);
    if (release === null) throw error;
    requireSameTerms(release, publication);
    return release;
  }
}

/** Nobody follows a channel or builds a tag by mistake, because the version was drafted before with another. */
function requireSameTerms(release: Release, { channel, sourceTag }: Publication): void {
  for (const [name, said, wanted] of [
    ["channel", release.channel, channel],
    ["source tag", release.source_tag, sourceTag],
  ]) {
    if (wanted === undefined || wanted === said) continue;
    throw new CliError(
      EXIT.failure,
      `${release.worker_id} ${release.version} exists already, with ${said === null ? `no ${name}` : `${name} ${said}`}. ` +
        "Publish a new version.",
    );
  }
}

const artifactOf = (release: Release, file: ReleaseFile): Release["artifacts"][number] | undefined =>
  release.artifacts.find(({ platform, kind }) => platform === file.platform && kind === file.kind);

/** Throws when the release has another file in the place of this one, or this one for good without the signature that it has here. */
function requireSameFile(release: Release, file: ReleaseFile): void {
  const artifact = artifactOf(release, file);
  if (artifact === undefined) return;
  const name = `${release.worker_id} ${release.version}`;
  const advice = release.status === "draft" ? `Delete the draft (${release.id})` : "Publish a new version";
  if (artifact.sha256 !== file.sha256) {
    const sum = `sha256 ${artifact.sha256.slice(0, 12)}...`;
    const what = `another ${file.kind} for ${file.platform} already (${artifact.filename}, ${sum})`;
    throw new CliError(EXIT.failure, `${name} has ${what}. ${advice}.`);
  }
  // Another signature of the same file is as good: each run of gpg makes a new one. None at all is what pacman would refuse.
  if (file.pgpSignature !== null && artifact.pgp_signature === null && artifact.state === "ready") {
    throw new CliError(EXIT.failure, `${name} has ${artifact.filename} without its OpenPGP signature. ${advice}.`);
  }
}

async function addArtifact(
  client: CatalogClient,
  credential: string,
  releaseId: string,
  { platform, filename, size, sha256, signature, pgpSignature, package: contents }: ReleaseFile,
): Promise<string> {
  const { artifact } = await client.json(ArtifactAnswer, {
    method: "POST",
    path: path`/v1/admin/releases/${releaseId}/artifacts`,
    credential,
    repeatable: true,
    body: { platform, filename, size, sha256, signature, pgp_signature: pgpSignature, package: contents },
  });
  return artifact.id;
}
