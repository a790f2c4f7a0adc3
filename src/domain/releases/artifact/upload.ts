import { newId } from "../../../lib/id.ts";
import { err, ok, type Result } from "../../../lib/result.ts";
import { Problem, type Refusal } from "../../../platform/http/problem.ts";
import { change } from "../../../platform/storage/change.ts";
import type { Actor } from "../../../platform/storage/ledger.ts";
import { findWorker } from "../../workers/workers.ts";
import { checkPackage, formatOfFile, kindOfFile, type PackageContents, type PackageFormat } from "../package-format.ts";
import { faultOfRequires } from "../requires/declared.ts";
import { requiresWords, sameRequires } from "../requires/requires.ts";
import { faultOfSourceArchive } from "../source/archive.ts";
import { type Artifact, type Release, readRelease, releaseRoot } from "../store.ts";
import { discardUpload, openUpload, streamPart } from "./binary-store.ts";
import { isUnderCheck } from "./check-store.ts";
import { freeDiscarded } from "./discarded-store.ts";
import { PART_SIZE, partCount, sizeOfPart } from "./plan.ts";
import {
  artifactInsert,
  deleteArtifact,
  notADraft,
  type Part,
  packageInserts,
  readArtifact,
  recordPart,
  replaceUpload,
} from "./store.ts";

/** The bindings that an upload needs. */
export type UploadEnv = Pick<Env, "DB" | "BINARIES">;

/** A publisher's declaration of a file, before the upload. */
export type DeclaredFile = Pick<
  Artifact,
  "platform" | "filename" | "size" | "sha256" | "signature" | "pgp_signature" | "requires"
> & { package: PackageContents | null };

/**
 * Adds a file to a draft and opens its upload. The same file again finds the artifact that exists, so that a lost
 * answer can be asked for again. Throws VERSION_NOT_FOUND, VALIDATION_FAILED for a package or for needs that do not
 * belong to this release, and CONFLICT if the release is no draft, has another file of the name, or has another build
 * for the platform with the same needs.
 */
export async function declareArtifact(
  env: UploadEnv,
  actor: Actor,
  releaseId: string,
  declared: DeclaredFile,
  formats: readonly PackageFormat[] = [],
): Promise<{ artifact: Artifact; created: boolean }> {
  const { package: _, ...file } = declared;
  let artifact: Artifact | null = null;
  try {
    const { row, changeId } = await change(
      env.DB,
      releaseRoot,
      releaseId,
      async (release) => {
        const checked = checkPackage(formats, release, declared);
        if (!checked.ok) return err(invalid(checked.error));
        const isBuilt = findWorker(release.worker_id)?.source.type === "git";
        const fault = faultOfSourceArchive(release, isBuilt, declared) ?? faultOfNeeds(release, declared, formats);
        if (fault) return err(invalid(fault));
        const known = findDeclared(release, file, formats);
        if (!known.ok) return known;
        if (known.value) return ok(null);
        if (release.status !== "draft") return err(notADraft);
        const added =
          artifact ?? (await newArtifact(env, actor, releaseId, { ...file, kind: kindOfFile(formats, file.filename) }));
        artifact = added;
        const { id, platform, filename, size, sha256 } = added;
        return ok({
          action: "artifact.create",
          details: { artifact_id: id, platform, filename, size, sha256 },
          patch: { artifacts: [...release.artifacts, added] },
          beside: (made) => [
            artifactInsert(env.DB, added, made.id),
            ...(checked.value ? packageInserts(env.DB, added, checked.value, made.id) : []),
          ],
        });
      },
      { actor },
    );
    if (artifact !== null && changeId !== null) return { artifact, created: true };
    if (artifact !== null) await discardUpload(env.BINARIES, artifact);
    const known = findDeclared(row, file, formats);
    if (known.ok && known.value) return { artifact: known.value, created: false };
    throw new Error(`release ${releaseId} has lost ${file.filename}`);
  } catch (error) {
    // The commit may have taken effect although its answer was lost. Then the artifact keeps its upload.
    const opened = artifact as Artifact | null;
    if (opened === null) throw error;
    const { artifacts } = await readRelease(env.DB, releaseId);
    if (artifacts.some(({ id }) => id === opened.id)) return { artifact: opened, created: true };
    await discardUpload(env.BINARIES, opened);
    throw error;
  }
}

const newArtifact = async (
  env: UploadEnv,
  { now }: Actor,
  release_id: string,
  file: Omit<DeclaredFile, "package"> & Pick<Artifact, "kind">,
): Promise<Artifact> => ({
  ...file,
  ...(await openUpload(env.BINARIES, file)),
  id: newId("art"),
  release_id,
  blake2b512: null,
  state: "uploading",
  part_size: PART_SIZE,
  created_at: now,
  completed_at: null,
});

/** The fault of the needs of a declared file; null: none. A package has none, because its manager checks its own. */
function faultOfNeeds(
  { worker_id }: Release,
  { filename, platform, requires }: DeclaredFile,
  formats: readonly PackageFormat[],
): { path: string; message: string } | null {
  if (requires !== null && kindOfFile(formats, filename) === "package") {
    return { path: "requires", message: "A package has no requires: its package manager reads the needs inside it." };
  }
  if (platform === "any") {
    return requires && { path: "requires", message: "A source archive has no requires: only binaries have." };
  }
  return faultOfRequires(requires, { platform, backend: findWorker(worker_id)?.backend ?? null });
}

/**
 * The file of a release that `file` declares again, or null. The signature is no part of that, because it can be given
 * later. Refused if the release has another file of the name, another package of the same format for the platform, or
 * another binary for it with the same needs.
 */
function findDeclared(
  { artifacts }: Release,
  file: Omit<DeclaredFile, "package">,
  formats: readonly PackageFormat[],
): Result<Artifact | null, Refusal> {
  const format = formatOfFile(formats, file.filename);
  const rivals = artifacts.filter(
    ({ platform, filename, requires }) =>
      filename === file.filename ||
      (platform === file.platform &&
        formatOfFile(formats, filename) === format &&
        sameRequires(requires, file.requires)),
  );
  const facts = ["platform", "filename", "size", "sha256"] as const;
  const other = rivals.find(
    (rival) => facts.some((fact) => rival[fact] !== file[fact]) || !sameRequires(rival.requires, file.requires),
  );
  if (!other) return ok(rivals[0] ?? null);
  const needs = other.requires === null ? "" : ` with ${requiresWords(other.requires)}`;
  const detail = `The release has another file there: ${other.filename} for ${other.platform}${needs} (${other.id}). `;
  const isBuild = format === null && file.platform !== "any" && other.filename !== file.filename;
  const advice = isBuild ? "Delete it first, or give this build other needs in requires." : "Delete it first.";
  return err({ code: "CONFLICT", detail: detail + advice });
}

/**
 * Streams part `n` to R2 and records it. Parts may come in any order, concurrently, and again. Throws VALIDATION_FAILED
 * if the file has no such part or the part has another size, and CONFLICT if the file is complete, is being checked, or
 * its upload is lost. After a lost upload a new one is open, and every part must be sent again.
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
  if (size === null) {
    throw new Problem(invalid({ path: "n", message: `The parts of this file are 1 to ${partCount(artifact)}.` }));
  }
  const wrongSize = () => new Problem(invalid({ path: "body", message: `Part ${n} has exactly ${size} bytes.` }));
  if (body === null || (length !== null && length !== size)) throw wrongSize();
  if (await isUnderCheck(env.DB, artifact)) throw uploadIsOver();
  const etag = await streamPart(env.BINARIES, artifact, n, body, size);
  if (!etag.ok) {
    if (etag.error !== "lost") throw wrongSize();
    // R2 has no such upload either if its parts have just been assembled. Those bytes must stay.
    if (await env.BINARIES.head(artifact.object_key)) throw uploadIsOver();
    throw await restartUpload(env, actor, artifact, "lost in storage");
  }
  if (await recordPart(env.DB, artifact, { part: n, etag: etag.value, size })) return { part: n, etag: etag.value };
  throw uploadIsOver();
}

const invalid = (error: { path: string; message: string }): Refusal => ({
  code: "VALIDATION_FAILED",
  detail: error.message,
  extras: { errors: [error] },
});

/** The refusal if another request has finished or replaced the upload. */
export const uploadIsOver = (): Problem =>
  new Problem({
    code: "CONFLICT",
    detail: "Another request has finished or replaced this upload. Read its state, then continue.",
  });

/** The refusal after storage has lost an upload, once a new one is open. */
export const UPLOAD_LOST: Refusal = {
  code: "CONFLICT",
  detail: "The upload was lost. A new one is open: send every part again.",
};

/**
 * Opens a new upload for a file and discards the old upload with its parts and bytes, because of `reason`. A check of
 * the old upload ends with `refusal`. Returns the problem for the publisher: `refusal`, or CONFLICT if another
 * request was faster. Throws the errors of D1 and R2.
 */
export async function restartUpload(
  env: UploadEnv,
  actor: Actor,
  artifact: Artifact,
  reason: string,
  refusal: Refusal = UPLOAD_LOST,
): Promise<Problem> {
  const fresh = await openUpload(env.BINARIES, artifact);
  // The old bytes are deleted only after the ledger has dropped them: another request may have made them ready.
  if (!(await replaceUpload(env.DB, actor, artifact, fresh, { reason, refusal }))) {
    await discardUpload(env.BINARIES, fresh);
    return uploadIsOver();
  }
  await freeDiscarded(env, artifact);
  return new Problem(refusal);
}

/** Removes a file and its bytes from a draft. Throws ARTIFACT_NOT_FOUND, and CONFLICT if the release is no draft. */
export async function removeArtifact(env: UploadEnv, actor: Actor, releaseId: string, id: string): Promise<void> {
  const artifact = await readArtifact(env.DB, releaseId, id);
  await deleteArtifact(env.DB, actor, artifact);
  await freeDiscarded(env, artifact);
}
