import * as z from "zod";
import { requiresWords, sameRequires } from "../../domain/releases/requires/requires.ts";
import type { SignedSource } from "../../domain/releases/source/statement.ts";
import { type CatalogClient, path } from "../catalog-client.ts";
import { CliError, EXIT, problemCode } from "../errors.ts";
import { findRelease, type Release, ReleaseAnswer } from "../release-view.ts";
import { PublicationAnswer, type PublishedRelease } from "./behind.ts";
import type { ReleaseFile } from "./release-file.ts";
import { uploadArtifact } from "./upload.ts";

const ArtifactAnswer = z.looseObject({ artifact: z.looseObject({ id: z.string() }) });

/** A release as its publisher describes it. */
export type Publication = {
  workerId: string;
  version: string;
  /** Undefined: the version's suffix decides, so `-rc.1` goes to rc and a version without a suffix to stable. */
  channel: string | undefined;
  notes: string | undefined;
  /** The git tag that the recipe of a free worker builds. */
  sourceTag?: string | undefined;
  /** The commit of that tag, signed. Without it, the tag alone is drafted. */
  source?: SignedSource | undefined;
  files: readonly ReleaseFile[];
  /** The builder's attestation of the files: DSSE, Sigstore bundle or `.intoto.jsonl`. */
  provenance?: Blob | undefined;
  /** Leaves the files unsigned and the release a draft, for `release sign`. */
  unsignedDraft?: boolean | undefined;
};

/**
 * Publishes a release: creates the draft, uploads the missing files, publishes, and returns the release with what each
 * place then offers, if this call has published it. Idempotent, and resumes after an interruption. `client` sends an
 * admin token. Throws `CliError`, also if the version exists with other files, because a published version never
 * changes.
 */
export async function publishRelease(client: CatalogClient, publication: Publication): Promise<PublishedRelease> {
  const release = await draft(client, publication);
  for (const file of publication.files) requireSameFile(release, file);
  if (release.status === "published" && publication.files.every((file) => artifactOf(release, file) !== undefined)) {
    await attachSource(client, release, publication.source);
    return { release: await attachProvenance(client, release, publication.provenance), offers: [] };
  }
  if (release.status !== "draft") {
    throw conflict(release, `is ${release.status} and cannot change`);
  }
  const artifacts = path`/v1/admin/releases/${release.id}/artifacts`;
  for (const file of publication.files) {
    const { id } =
      artifactOf(release, file) ?? (await client.post(ArtifactAnswer, artifacts, declarationOf(file))).artifact;
    await uploadArtifact(client, artifacts + path`/${id}`, file);
  }
  await attachSource(client, release, publication.source);
  await attachProvenance(client, release, publication.provenance);
  const at = path`/v1/admin/releases/${release.id}`;
  if (publication.unsignedDraft) return { ...(await client.json(ReleaseAnswer, { path: at })), offers: [] };
  return client.post(PublicationAnswer, `${at}/publish`, {});
}

/**
 * Attaches the signed source, if any. Idempotent. A draft's source may be replaced, and a published release may gain
 * one. Throws `CliError` if it was published with another.
 */
export async function attachSource(client: CatalogClient, release: Release, source?: SignedSource): Promise<void> {
  const present = release.source ?? null;
  if (source === undefined || (present?.commit === source.commit && present.signature === source.signature)) return;
  if (present !== null && release.status !== "draft") {
    throw conflict(release, `is published with commit ${present.commit} and cannot change`);
  }
  await client.json(ReleaseAnswer, {
    method: "PUT",
    path: path`/v1/admin/releases/${release.id}/source`,
    body: source,
  });
}

/** Attaches the provenance, if any, and returns the release. Idempotent, and also possible after publication. */
async function attachProvenance(client: CatalogClient, release: Release, provenance?: Blob): Promise<Release> {
  if (provenance === undefined) return release;
  const at = path`/v1/admin/releases/${release.id}/provenance`;
  return (await client.json(ReleaseAnswer, { method: "PUT", path: at, body: provenance })).release;
}

/** Creates the draft, or finds the release that has this version already. */
async function draft(client: CatalogClient, publication: Publication): Promise<Release> {
  const { workerId, version, channel, notes, sourceTag, source } = publication;
  try {
    // A retry after a lost answer gets CONFLICT and finds its own draft.
    const body = { worker_id: workerId, version, channel, notes, source_tag: sourceTag, source };
    return (await client.post(ReleaseAnswer, "/v1/admin/releases", body)).release;
  } catch (error) {
    if (problemCode(error) !== "CONFLICT") throw error;
    const release = await findRelease(client, workerId, version);
    if (release === null) throw error;
    requireSameTerms(release, publication);
    return release;
  }
}

/**
 * Throws if the existing release has another channel or source tag than the publication asks for. A signed source sets
 * the tag of a release that has no signed one yet.
 */
function requireSameTerms(release: Release, { channel, sourceTag, source }: Publication): void {
  const setsTag = source !== undefined && !release.source;
  for (const [name, present, wanted] of [
    ["channel", release.channel, channel],
    ["source tag", release.source_tag, setsTag ? undefined : sourceTag],
  ]) {
    if (wanted === undefined || wanted === present) continue;
    throw conflict(release, `exists already, with ${present === null ? `no ${name}` : `${name} ${present}`}`);
  }
}

/** The artifact of a release in a file's place: of its name, else of its platform and kind with the same needs. */
const artifactOf = (release: Release, file: ReleaseFile): Release["artifacts"][number] | undefined =>
  release.artifacts.find(({ filename }) => filename === file.filename) ??
  release.artifacts.find(
    ({ platform, kind, requires }) =>
      platform === file.platform && kind === file.kind && sameRequires(requires ?? null, file.requires ?? null),
  );

/** Throws if the release has another file in this place, or this file that can no longer take its OpenPGP signature. */
function requireSameFile(release: Release, file: ReleaseFile): void {
  const artifact = artifactOf(release, file);
  if (artifact === undefined) return;
  const { filename, sha256 } = artifact;
  if (sha256 !== file.sha256) {
    const sum = `sha256 ${sha256.slice(0, 12)}...`;
    throw conflict(release, `has another ${file.kind} for ${file.platform} already (${filename}, ${sum})`);
  }
  if (!sameRequires(artifact.requires ?? null, file.requires ?? null)) {
    const needs = requiresWords(artifact.requires ?? null) || "none";
    throw conflict(release, `has ${filename} with other requires already (${needs})`);
  }
  // Any signature of the file will do, because each run of gpg makes a new one. pacman refuses a file without one.
  if (file.pgpSignature !== null && artifact.pgp_signature === null && artifact.state === "ready") {
    throw conflict(release, `has ${filename} without its OpenPGP signature`);
  }
}

function conflict({ worker_id, version, status, id }: Release, reason: string): CliError {
  const advice = status === "draft" ? `Delete the draft (${id})` : "Publish a new version";
  return new CliError(EXIT.failure, `${worker_id} ${version} ${reason}. ${advice}.`);
}

const declarationOf = ({ pgpSignature: pgp_signature, package: contents, ...file }: ReleaseFile): object => {
  const { platform, filename, size, sha256, signature, requires } = file;
  // An older catalog does not know `requires`, and would refuse the file.
  return {
    platform,
    filename,
    size,
    sha256,
    signature,
    pgp_signature,
    package: contents,
    ...(requires && { requires }),
  };
};
