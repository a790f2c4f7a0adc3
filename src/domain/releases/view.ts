import { z } from "@hono/zod-openapi";
import { toRfc3339 } from "../../lib/time.ts";
import { Timestamp } from "../../platform/http/schemas.ts";
import { PART_SIZE, partCount } from "./artifact/plan.ts";
import type { Part } from "./artifact/store.ts";
import { RELEASE_STATUSES } from "./decision.ts";
import {
  ChannelName,
  Filename,
  Kind,
  PgpSignature,
  PlatformName,
  Sha256,
  SignatureText,
  Size,
  SourceTag,
  Version,
} from "./fields.ts";
import type { Artifact, Release, ReleaseProvenance } from "./store.ts";

export const ArtifactSchema = z
  .object({
    id: z.string().openapi({ example: "art_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
    kind: Kind,
    platform: PlatformName,
    filename: Filename,
    size: Size,
    sha256: Sha256,
    signature: SignatureText.nullable(),
    pgp_signature: PgpSignature.nullable(),
    state: z
      .enum(["uploading", "ready"])
      .openapi({ description: "`ready` once the server has checked the bytes. Nobody is offered the file before." }),
    created_at: Timestamp,
    completed_at: Timestamp.nullable(),
  })
  .openapi("Artifact");

export const ReleaseSchema = z
  .object({
    id: z.string().openapi({ example: "rel_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
    worker_id: z.string().openapi({ example: "llm-worker-rbee-premium-cuda" }),
    version: Version,
    channel: ChannelName,
    status: z.enum(RELEASE_STATUSES),
    notes: z.string().nullable().openapi({ example: "Faster prompt processing." }),
    source_tag: SourceTag.nullable(),
    created_at: Timestamp,
    published_at: Timestamp.nullable(),
    provenance: z
      .object({ sha256: Sha256, size: Size, subjects: z.array(Filename), attached_at: Timestamp })
      .nullable()
      .openapi({
        description: "The attached build provenance; `subjects` are the attested files.",
      }),
    artifacts: z.array(ArtifactSchema),
  })
  .openapi("Release");

export const ReleaseAnswer = z.object({ release: ReleaseSchema }).openapi("ReleaseAnswer");

export const ArtifactUpload = z
  .object({
    artifact: ArtifactSchema,
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
  const { id, kind, platform, filename, size, sha256, signature, pgp_signature, state, created_at, completed_at } =
    artifact;
  const times = { created_at: toRfc3339(created_at), completed_at: toRfc3339(completed_at) };
  return { id, kind, platform, filename, size, sha256, signature, pgp_signature, state, ...times };
};

/** A release as the API shows it. */
export const presentRelease = (release: Release): z.input<typeof ReleaseSchema> => {
  const { id, worker_id, version, channel, status, notes, source_tag, created_at, published_at, artifacts } = release;
  const times = { created_at: toRfc3339(created_at), published_at: toRfc3339(published_at) };
  const facts = { id, worker_id, version, channel, status, notes, source_tag };
  const provenance = release.provenance && presentProvenance(release.provenance);
  return { ...facts, ...times, provenance, artifacts: artifacts.map(presentArtifact) };
};

const presentProvenance = ({ sha256, size, subjects, attached_at }: ReleaseProvenance) => ({
  sha256,
  size,
  subjects: subjects.map(({ name }) => name),
  attached_at: toRfc3339(attached_at),
});

/** An upload and its progress, as the API shows it. */
export const presentUpload = ({
  artifact,
  parts,
}: {
  artifact: Artifact;
  parts: Part[];
}): z.input<typeof ArtifactUpload> => ({
  artifact: presentArtifact(artifact),
  upload: { part_size: artifact.part_size, part_count: partCount(artifact), parts },
});
