import { rm, rmdir } from "node:fs/promises";
import type { SignedSource } from "../../domain/releases/source/statement.ts";
import { idOfName } from "../../domain/workers/families.ts";
import { showKeyId } from "../../lib/minisign/minisign.ts";
import type { MinisignSecretKey } from "../../lib/minisign/secret-key.ts";
import { type CatalogClient, path } from "../catalog-client.ts";
import { CliError, EXIT } from "../errors.ts";
import { PublicationAnswer, type PublishedRelease } from "../publish/behind.ts";
import { attachSource } from "../publish/publish.ts";
import { readPlatform, signReleaseFile } from "../publish/release-file.ts";
import { makeSignedSource } from "../publish/source.ts";
import { type Release, ReleaseAnswer } from "../release-view.ts";
import { builtBy, sha256Of } from "./built-by.ts";
import { type DraftFile, downloadDraftFile } from "./draft-file.ts";
import { type ExpectedSums, requireExpected } from "./expectation.ts";
import { formatReview } from "./review.ts";

/** How a draft is signed. */
export type Signing = {
  releaseId: string;
  /** The worker (its id or variant) and version that the holder has named; null if the draft is named by its id. */
  named: { workerId: string; version: string } | null;
  secretKey: MinisignSecretKey;
  /** The folder for the downloaded files, which are deleted after the publication. */
  folder: string;
  /** The commit of the draft's source tag, if the holder knows it; else the repository is asked. */
  sourceCommit?: string | undefined;
  /** The sums that the files must have. */
  expected: ExpectedSums | null;
  /** Shows the review and returns whether the holder agrees. */
  confirm: (review: string, release: Release) => Promise<boolean>;
};

/**
 * Signs and publishes a draft: downloads its files, hashes them, has the holder of the key confirm what is shown, signs
 * exactly that, and publishes only if the draft is still the one that was shown. Idempotent: an interrupted run is
 * continued by another. Returns the published release, null if the holder refuses. Throws `CliError`.
 */
export async function signRelease(client: CatalogClient, signing: Signing): Promise<PublishedRelease | null> {
  const at = path`/v1/admin/releases/${signing.releaseId}`;
  const release = (await client.json(ReleaseAnswer, { path: at })).release;
  requireNamed(release, signing);
  const isSigned = release.artifacts.every(({ signature }) => signature !== null);
  if (release.status === "published" && isSigned) return { release, offers: [] };
  requireDraft(release);
  if (signing.expected) requireExpected(release.artifacts, signing.expected);
  const files = new Map<string, DraftFile>();
  for (const artifact of release.artifacts) {
    files.set(artifact.id, await downloadDraftFile(client, release, artifact, signing.folder));
  }
  const source = await sourceOf(client, release, signing);
  const provenance = release.provenance && (await readProvenance(client, release));
  const keyId = showKeyId(signing.secretKey.keyId);
  const review = formatReview({ release, source, provenance, keyId });
  if (!(await signing.confirm(review, release))) return null;

  const signatures = [];
  for (const { id, filename, platform } of release.artifacts) {
    const file = files.get(id);
    if (!file) throw new Error(`${filename} was not downloaded`);
    const { worker_id: workerId, version, channel } = release;
    const named = { workerId, version, channel, platform: readPlatform(platform) };
    const signed = { path: file.path, filename, blake2b: file.digest.blake2b };
    signatures.push({ artifact_id: id, signature: await signReleaseFile(signing.secretKey, signed, named) });
  }
  const body = { files: signatures, if_last_change: release.last_change };
  let signed = (await client.post(ReleaseAnswer, `${at}/signatures`, body)).release;
  requireSame(release, signed);
  if (source !== null && signed.source?.signature !== source.signature) {
    await attachSource(client, signed, source);
    signed = (await client.json(ReleaseAnswer, { path: at })).release;
    requireSame(release, signed);
  }
  const published = await client.post(PublicationAnswer, `${at}/publish`, { if_last_change: signed.last_change });
  for (const file of files.values()) await rm(file.path, { force: true });
  // Only an empty folder goes: the holder may keep other things in it.
  await rmdir(signing.folder).catch(() => {});
  return published;
}

/** Throws `CliError` unless the catalog has answered with the draft that the holder has named. */
function requireNamed({ id, worker_id, version }: Release, { releaseId, named }: Signing): void {
  const isWorker = named === null || idOfName(named.workerId) === worker_id;
  if (id === releaseId && isWorker && (named === null || named.version === version)) return;
  throw new CliError(
    EXIT.integrity,
    "The catalog answered with another release than the named one. Nothing is signed.",
  );
}

/** The names of files as the catalog accepts them: no folders, and nothing that a trusted comment cannot hold. */
const FILE_NAME = /^[A-Za-z0-9](?!.*\.\.)[A-Za-z0-9._+-]{0,127}$/;
const SUM = /^[0-9a-f]{64}$/;

function requireDraft({ worker_id, version, status, artifacts, last_change }: Release): void {
  const name = `${worker_id} ${version}`;
  if (status !== "draft") throw new CliError(EXIT.failure, `${name} is ${status}. Only a draft is signed.`);
  if (last_change === undefined) {
    throw new CliError(
      EXIT.failure,
      "This catalog does not sign drafts later. Update it, or use release publish --sign-key.",
    );
  }
  if (!artifacts.every(({ filename, sha256 }) => FILE_NAME.test(filename) && SUM.test(sha256))) {
    throw new CliError(EXIT.integrity, `${name} has a file with an unsafe name or sum. Nothing is signed.`);
  }
  if (artifacts.length === 0) throw new CliError(EXIT.failure, `${name} has no files yet.`);
  const missing = artifacts.filter(({ state }) => state !== "ready").map(({ filename }) => filename);
  if (missing.length === 0) return;
  throw new CliError(EXIT.failure, `${name} is not complete. Not uploaded and checked yet: ${missing.join(", ")}.`);
}

/** The signed source of a release that names a tag; null if it names none. */
async function sourceOf(client: CatalogClient, release: Release, signing: Signing): Promise<SignedSource | null> {
  const { worker_id: workerId, version, source_tag: tag } = release;
  if (tag === null) return null;
  // Also if the draft has a source: the commit comes from the repository or the holder, never from the catalog.
  return makeSignedSource(
    client,
    signing.secretKey,
    { workerId, version, tag, commit: signing.sourceCommit },
    () => {},
  );
}

async function readProvenance(client: CatalogClient, release: Release) {
  const response = await client.send({ path: path`/v1/admin/releases/${release.id}/provenance` });
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (sha256Of(bytes) !== release.provenance?.sha256) {
    throw new CliError(EXIT.failure, "The provenance changed while it was read. Run the same command again.");
  }
  return builtBy(new TextDecoder().decode(bytes), release.artifacts);
}

/** Throws `CliError` if a release is another one than was shown: its facts, files or provenance. */
function requireSame(shown: Release, now: Release): void {
  const factsOf = ({ worker_id, version, channel, status, notes, source_tag, provenance, artifacts }: Release) =>
    JSON.stringify([
      ...[worker_id, version, channel, status, notes, source_tag, provenance?.sha256],
      ...artifacts.map(({ id, kind, platform, filename, size, sha256 }) => [
        id,
        kind,
        platform,
        filename,
        size,
        sha256,
      ]),
    ]);
  if (factsOf(shown) === factsOf(now)) return;
  throw new CliError(
    EXIT.failure,
    "The draft has changed since it was shown, so it is not published. Look at it again.",
  );
}
