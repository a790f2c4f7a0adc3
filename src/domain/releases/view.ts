import { z } from "@hono/zod-openapi";
import { toRfc3339, type UnixSeconds } from "../../lib/time.ts";
import { PROBLEMS } from "../../platform/http/problem.ts";
import { Timestamp } from "../../platform/http/schemas.ts";
import { WorkflowRun } from "../../platform/storage/workflow-run.ts";
import { CHECK_STATES, type CheckProgress, progressOf } from "./artifact/check-record.ts";
import { PART_SIZE, partCount } from "./artifact/plan.ts";
import { namesInSignature, SIGNED_NAMES, type SignedName } from "./artifact/signed-names.ts";
import type { Upload } from "./artifact/store.ts";
import { RELEASE_STATUSES } from "./decision.ts";
import {
  ChannelName,
  FileKindName,
  Filename,
  FilePlatformName,
  LastChange,
  PgpSignature,
  RequiresField,
  Sha256,
  SignatureText,
  Size,
  SourceField,
  SourceTag,
  Version,
} from "./fields.ts";
import { BuiltBy, presentVerification } from "./provenance/view.ts";
import { signedSourceOf } from "./source/decision.ts";
import type { Artifact, Release, ReleaseProvenance } from "./store.ts";

export const ArtifactSchema = z
  .object({
    id: z.string().openapi({ example: "art_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
    kind: FileKindName,
    platform: FilePlatformName,
    filename: Filename,
    size: Size,
    sha256: Sha256,
    signature: SignatureText.nullable(),
    signature_names: z
      .array(z.enum(SIGNED_NAMES))
      .nullable()
      .openapi({
        description:
          "The facts that the signature's trusted comment names. Without `worker` and `version`, the signature does not tell this " +
          "release from another with the same bytes. Null without a signature.",
        example: ["file", "worker", "version", "platform"],
      }),
    pgp_signature: PgpSignature.nullable(),
    requires: RequiresField.nullable(),
    state: z
      .enum(["uploading", "ready"])
      .openapi({ description: "`ready` once the server has checked the bytes. Nobody is offered the file before." }),
    created_at: Timestamp,
    completed_at: Timestamp.nullable(),
  })
  .openapi("Artifact");

const ByActor = z.object({
  actor: z.string().openapi({ example: "publisher:pub_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
  run: WorkflowRun.nullable().openapi({ description: "The workflow run of a trusted publisher, as GitHub signed it." }),
});

export const ReleaseSchema = z
  .object({
    id: z.string().openapi({ example: "rel_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
    worker_id: z.string().openapi({ example: "llm-worker-rbee-premium-cuda" }),
    version: Version,
    channel: ChannelName,
    status: z.enum(RELEASE_STATUSES),
    notes: z.string().nullable().openapi({ example: "Faster prompt processing." }),
    source_tag: SourceTag.nullable(),
    source: SourceField.nullable().openapi({
      description: "The commit of the tag, signed by a release key. Null: none is pinned.",
    }),
    created_at: Timestamp,
    published_at: Timestamp.nullable(),
    unblocked_at: Timestamp.nullable().openapi({
      description: "When an owner lifted the block of this version, if it is a draft since then.",
      example: null,
    }),
    last_change: LastChange,
    created_by: ByActor.nullable().openapi({ description: "Null for a release of before this was recorded." }),
    published_by: ByActor.nullable().openapi({
      description: "Null before the publication, and for releases of before this was recorded.",
    }),
    provenance: z
      .object({ sha256: Sha256, size: Size, subjects: z.array(Filename), attached_at: Timestamp, ...BuiltBy.shape })
      .nullable()
      .openapi({
        description: "The attached build provenance; `subjects` are the attested files.",
      }),
    artifacts: z.array(ArtifactSchema),
  })
  .openapi("Release");

export const ReleaseAnswer = z.object({ release: ReleaseSchema }).openapi("ReleaseAnswer");

export const CheckSchema = z
  .object({
    state: z.enum(CHECK_STATES).openapi({
      description:
        "`running`: ask again after `Retry-After`. `stalled`: the check has stopped, and `complete` starts it again. `passed`: the " +
        "file is ready. `refused`: see `problem`.",
      example: "running",
    }),
    checked: z.int().openapi({ description: "Bytes that have been read.", example: 536870912 }),
    size: z.int().openapi({ description: "Bytes of the file.", example: 8589934592 }),
    problem: z
      .object({
        code: z.string().openapi({ example: "VALIDATION_FAILED" }),
        status: z.int().openapi({ example: 422 }),
        title: z.string(),
        detail: z.string(),
        errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
      })
      .nullable()
      .openapi({ description: "The refusal, as `complete` would have answered it." }),
  })
  .openapi("Check");

export const ArtifactUpload = z
  .object({
    artifact: ArtifactSchema,
    check: CheckSchema.nullable().openapi({ description: "Null until the upload has been completed." }),
    upload: z.object({
      part_size: z.int().openapi({ description: "Bytes of every part but the last.", example: PART_SIZE }),
      part_count: z.int().openapi({ example: 88 }),
      parts: z
        .array(z.object({ part: z.int(), etag: z.string(), size: z.int() }))
        .openapi({ description: "The uploaded parts; empty once the file is ready." }),
    }),
  })
  .openapi("ArtifactUpload");

/** An artifact as the API shows it. */
export const presentArtifact = (artifact: Artifact): z.input<typeof ArtifactSchema> => {
  const { id, kind, platform, filename, size, sha256, signature, pgp_signature, requires, state } = artifact;
  const { created_at, completed_at } = artifact;
  const times = { created_at: toRfc3339(created_at), completed_at: toRfc3339(completed_at) };
  const signature_names: SignedName[] | null = signature === null ? null : [...namesInSignature(signature)];
  const signatures = { signature, signature_names, pgp_signature };
  return { id, kind, platform, filename, size, sha256, ...signatures, requires, state, ...times };
};

const byActor = (actor: string | null, run: z.input<typeof WorkflowRun> | null) =>
  actor === null ? null : { actor, run };

/** A release as the API shows it. */
export const presentRelease = (release: Release): z.input<typeof ReleaseSchema> => {
  const { id, worker_id, version, channel, status, notes, source_tag, artifacts } = release;
  const { created_at, published_at, unblocked_at, last_change } = release;
  const times = {
    created_at: toRfc3339(created_at),
    published_at: toRfc3339(published_at),
    unblocked_at: toRfc3339(unblocked_at),
  };
  const created_by = byActor(release.created_by, release.created_run);
  const published_by = byActor(release.published_by, release.published_run);
  const facts = { id, worker_id, version, channel, status, notes, source_tag, source: signedSourceOf(release) };
  const provenance = release.provenance && presentProvenance(release.provenance);
  return {
    ...facts,
    ...times,
    created_by,
    published_by,
    last_change,
    provenance,
    artifacts: artifacts.map(presentArtifact),
  };
};

const presentProvenance = ({ sha256, size, subjects, attached_at, verification }: ReleaseProvenance) => ({
  sha256,
  size,
  subjects: subjects.map(({ name }) => name),
  attached_at: toRfc3339(attached_at),
  ...presentVerification(verification),
});

/** The pause between two looks at a running check: a slice of it takes about a second. */
export const CHECK_AGAIN = { "Retry-After": "2" };

/** The progress of a check as the API shows it. */
export const presentCheck = ({ problem, ...progress }: CheckProgress): z.input<typeof CheckSchema> => ({
  ...progress,
  problem: problem && { code: problem.code, ...PROBLEMS[problem.code], detail: problem.detail, errors: problem.errors },
});

/** An upload and its progress at `now`, as the API shows it. */
export function presentUpload({ artifact, parts, check }: Upload, now: UnixSeconds): z.input<typeof ArtifactUpload> {
  const progress = progressOf(artifact, check, now);
  return {
    artifact: presentArtifact(artifact),
    check: progress && presentCheck(progress),
    upload: { part_size: artifact.part_size, part_count: partCount(artifact), parts },
  };
}
