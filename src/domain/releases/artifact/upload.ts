import { newId } from "../../../lib/id.ts";
import { Problem } from "../../../platform/http/problem.ts";
import type { Actor } from "../../../platform/storage/ledger.ts";
import { kindOfFilename } from "../artifact-kind.ts";
import { checkPackage, type PackageContents } from "../package-check.ts";
import { type Release, readRelease } from "../store.ts";
import { discardUpload, openUpload, streamPart } from "./binary-store.ts";
import { freeDiscarded } from "./discarded-store.ts";
import { PART_SIZE, partCount, sizeOfPart } from "./plan.ts";
import {
  type Artifact,
  deleteArtifact,
  insertArtifact,
  type Part,
  readArtifact,
  recordPart,
  replaceUpload,
} from "./store.ts";

/** What uploading needs of the environment. */
export type UploadEnv = Pick<Env, "DB" | "BINARIES">;

/** What a publisher declares of a file before its bytes come. */
export type DeclaredFile = Pick<
  Artifact,
  "platform" | "filename" | "size" | "sha256" | "signature" | "pgp_signature"
> & { package: PackageContents | null };

/**
 * Adds a file to a draft and opens its upload. The same file again finds the one that is there, so that a lost answer
 * can be asked for again. Throws VERSION_NOT_FOUND, VALIDATION_FAILED for a package that is not one of this release, and CONFLICT
 * when the release is no draft or has another file for the platform or of the name.
 */
export async function declareArtifact(
  env: UploadEnv,
  actor: Actor,
  releaseId: string,
  declared: DeclaredFile,
): Promise<{ artifact: Artifact; created: boolean }> {
  const release = await readRelease(env.DB, releaseId);
  const checked = checkPackage(release, declared);
  if (!checked.ok) throw invalid(checked.error);
  const { package: contents, ...file } = declared;
  const known = findDeclared(release, file);
  if (known) return { artifact: known, created: false };
  if (release.status !== "draft") throw notADraft();
  const artifact: Artifact = {
    ...file,
    kind: kindOfFilename(file.filename),
    ...(await openUpload(env.BINARIES, file)),
    id: newId("art"),
    release_id: releaseId,
    state: "uploading",
    part_size: PART_SIZE,
    created_at: actor.now,
    completed_at: null,
  };
  try {
    if (await insertArtifact(env.DB, actor, artifact, contents)) return { artifact, created: true };
  } catch (error) {
    const now = await readRelease(env.DB, releaseId);
    // What was carried out although its answer was lost keeps its upload.
    if (now.artifacts.some(({ id }) => id === artifact.id)) return { artifact, created: true };
    await discardUpload(env.BINARIES, artifact);
    const winner = findDeclared(now, file);
    if (winner) return { artifact: winner, created: false };
    throw error;
  }
  await discardUpload(env.BINARIES, artifact);
  throw notADraft();
}

/** The file of a release that `file` declares again. The signature is no part of that: it can be given later. */
function findDeclared({ artifacts }: Release, file: Omit<DeclaredFile, "package">): Artifact | undefined {
  const rivals = artifacts.filter(
    ({ kind, platform, filename }) =>
      (platform === file.platform && kind === kindOfFilename(file.filename)) || filename === file.filename,
  );
  for (const rival of rivals) {
    const facts = ["platform", "filename", "size", "sha256"] as const;
    if (facts.every((fact) => rival[fact] === file[fact])) continue;
    const detail = `The release has another file there: ${rival.filename} for ${rival.platform} (${rival.id}). Delete it first.`;
    throw new Problem({ code: "CONFLICT", detail });
  }
  return rivals[0];
}

const notADraft = (): Problem =>
  new Problem({ code: "CONFLICT", detail: "Files are added to and removed from drafts only, and this is none." });

/**
 * Streams part `n` to R2 and records it. Parts may come in any order, at once, and again. Throws VALIDATION_FAILED for a
 * part that the file does not have or that has another size, CONFLICT when the file is complete, and CONFLICT when its
 * upload is lost: a new one is open then, and every part must be sent again.
 */
export async function uploadPart(
  env: UploadEnv,
  actor: Actor,
  artifact: Artifact,
  n: number,
  { body, length }: { body: ReadableStream<Uint8Array> | null; length: number | null },
): Promise<Pick<Part, "part" | "etag">> {
  if (artifact.state === "ready") throw new Problem({ code: "CONFLICT", detail: "The file is complete and checked." });
  const size = sizeOfPart(artifact, n);
  if (size === null) throw invalid({ path: "n", message: `The parts of this file are 1 to ${partCount(artifact)}.` });
  const wrongSize = () => invalid({ path: "body", message: `Part ${n} has exactly ${size} bytes.` });
  if (body === null || (length !== null && length !== size)) throw wrongSize();
  const etag = await streamPart(env.BINARIES, artifact, n, body, size);
  if (!etag.ok) {
    if (etag.error !== "lost") throw wrongSize();
    // R2 has no such upload any more either when its parts have just been put together: those bytes must stay.
    if (await env.BINARIES.head(artifact.object_key)) throw uploadIsOver();
    throw await restartUpload(env, actor, artifact, "lost in storage");
  }
  if (await recordPart(env.DB, artifact, { part: n, etag: etag.value, size })) return { part: n, etag: etag.value };
  throw uploadIsOver();
}

const invalid = (error: { path: string; message: string }): Problem =>
  new Problem({ code: "VALIDATION_FAILED", detail: error.message, extras: { errors: [error] } });

/** The refusal when the upload a request began with has been finished or replaced by another request. */
export const uploadIsOver = (): Problem =>
  new Problem({ code: "CONFLICT", detail: "Another request has finished or replaced this upload: see how it stands." });

/**
 * Opens a new upload for a file whose old one is of no use, forgets its parts and its bytes, and returns the CONFLICT
 * that tells the publisher to send it again. Throws what D1 and R2 throw.
 */
export async function restartUpload(
  env: UploadEnv,
  actor: Actor,
  artifact: Artifact,
  reason: string,
): Promise<Problem> {
  const fresh = await openUpload(env.BINARIES, artifact);
  // The old bytes go only after they have lost their row: a file that another request has made ready keeps them.
  if (!(await replaceUpload(env.DB, actor, artifact, fresh, reason))) {
    await discardUpload(env.BINARIES, fresh);
    return uploadIsOver();
  }
  await freeDiscarded(env, artifact);
  return new Problem({ code: "CONFLICT", detail: "The upload was lost. A new one is open: send every part again." });
}

/** Removes a file from a draft, bytes included. Throws ARTIFACT_NOT_FOUND, and CONFLICT when the release is no draft. */
export async function removeArtifact(env: UploadEnv, actor: Actor, releaseId: string, id: string): Promise<void> {
  const artifact = await readArtifact(env.DB, releaseId, id);
  if (!(await deleteArtifact(env.DB, actor, artifact))) throw notADraft();
  await freeDiscarded(env, artifact);
}
