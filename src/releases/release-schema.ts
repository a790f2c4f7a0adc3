import { z } from "@hono/zod-openapi";
import { toRfc3339 } from "../time.ts";
import { ARTIFACT_KINDS } from "./artifact-kind.ts";
import type { Artifact, Part } from "./artifact-store.ts";
import { CHANNELS, PLATFORMS } from "./manifest.ts";
import { isPgpSignature, MAX_PGP_SIGNATURE } from "./pgp-signature.ts";
import { RELEASE_STATUSES } from "./release-status.ts";
import type { Release, ReleaseProvenance } from "./release-store.ts";
import { MAX_FILE_SIZE, PART_SIZE, partCount } from "./upload-plan.ts";
import { parseVersion } from "./version.ts";

const EXAMPLE_SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

const EXAMPLE_SIGNATURE = `untrusted comment: signature from minisign secret key
RUSOELgoX68xlzWlYm8TCo/8c0pduSFr0wGYFBrHiOz9xd6kjJV2lIuQ5VPK0GqOQ0pvcFgVKe7x6rlTYUjxZhVUhCvr04WOMwc=
trusted comment: file:llm-worker-rbee-premium-cuda
wtBUrWpAAQ3hPgtEZ1z8dQedsLx+Sc6qLIk5kt3vOR5MmFC15mwvXK1vKtZh4y8dsY/8t2zl94HU0/RDrjvHCQ==
`;

export const Version = z
  .string()
  .superRefine((text, context) => {
    const version = parseVersion(text);
    if (!version.ok) context.addIssue({ code: "custom", message: version.error });
  })
  .openapi({ description: "Semantic version without leading `v` or build metadata.", example: "1.10.0" });

export const ChannelName = z
  .enum(CHANNELS)
  .openapi({ description: "From the most to the least stable.", example: "stable" });

/** What may stand in a link, a header and any file system: no separator, no hidden file, nothing to quote. */
export const Filename = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$/,
    "must be letters, digits and ._+- only, starting with a letter or digit",
  )
  .refine((name) => !name.includes(".."), "must not contain ..")
  .refine((name) => !/\.(mini)?sig$/i.test(name), "must not be the name of a signature; those are made by the catalog")
  .refine((name) => !/\.intoto\.jsonl$/i.test(name), "must not be the name of provenance; attach that to the release")
  .openapi({ example: "llm-worker-rbee-premium-cuda-linux-x86_64" });

/** A tag that can stand in a recipe as it is: letters, digits and `._/-`, as git-check-ref-format(1) allows them. */
export const SourceTag = z
  .string()
  .max(128)
  .regex(/^[A-Za-z0-9]+([._/-][A-Za-z0-9]+)*$/, "must be letters and digits, joined by single ._/-")
  .refine((tag) => !/\.lock(\/|$)/.test(tag), "must not end with .lock")
  .openapi({ description: "The git tag that the recipe of a free worker builds.", example: "v1.2.0" });

export const Size = z
  .int()
  .min(1)
  .max(MAX_FILE_SIZE)
  .openapi({ description: "Bytes, 8 GiB at most.", example: 734003200 });

export const Sha256 = z
  .string()
  .toLowerCase()
  .regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits")
  .openapi({ example: EXAMPLE_SHA256 });

export const SignatureText = z
  .string()
  .max(16_384)
  .openapi({ description: "The text of the file's `.minisig`, prehashed (the default).", example: EXAMPLE_SIGNATURE });

export const Kind = z
  .enum(ARTIFACT_KINDS)
  .openapi({ description: "`package` for `*.pkg.tar.{gz,xz,zst}`, which pacman installs.", example: "binary" });

export const PgpSignature = z
  .string()
  .max(Math.ceil(MAX_PGP_SIGNATURE / 3) * 4)
  .refine(isPgpSignature, "must be a binary detached OpenPGP signature in base64")
  .openapi({
    description: "The file's `.sig` in base64, as `gpg --detach-sign` makes it. Passed on as it is: pacman judges it.",
    example: "iHUEABYKAB0WIQQ4hDPCsRqxAFFX",
  });

/** A path that a package installs: relative, without anything that would lead out or confuse a list of lines. */
const PackagePath = z
  .string()
  .max(1024)
  .refine((path) => /^(?:[^/\p{Cc}]+\/)*[^/\p{Cc}]+\/?$/u.test(path), "must be a relative path")
  .refine((path) => path.split("/").every((part) => part !== "." && part !== ".."), "must not lead out");

export const PackageContentsSchema = z
  .object({
    pkginfo: z.string().max(32_768).openapi({
      description: "The text of `.PKGINFO`.",
      example: "pkgname = llm-worker-rbee-premium-cuda\npkgver = 1.10.0-1\narch = x86_64\n",
    }),
    files: z
      .array(PackagePath)
      .max(5000)
      .openapi({
        description: "What it installs, directories with a trailing slash.",
        example: ["usr/", "usr/local/", "usr/local/bin/", "usr/local/bin/llm-worker-rbee-premium-cuda"],
      }),
  })
  .strict()
  .openapi("PackageContents", { description: "What is in a package. Needed for one, and for nothing else." });

export const PlatformName = z.enum(PLATFORMS).openapi({ example: "linux-x86_64" });

export const ReleaseParams = z.object({
  id: z.string().openapi({ param: { description: "The release." }, example: "rel_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
});

export const ArtifactParams = ReleaseParams.extend({
  artifact_id: z.string().openapi({ param: { description: "The file." }, example: "art_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
});

const Time = z.string().openapi({ format: "date-time", example: "2026-11-23T12:00:00Z" });

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
      .openapi({ description: "`ready` once the server has checked the bytes: offered to nobody before." }),
    created_at: Time,
    completed_at: Time.nullable(),
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
    created_at: Time,
    published_at: Time.nullable(),
    provenance: z
      .object({ sha256: Sha256, size: Size, subjects: z.array(Filename), attached_at: Time })
      .nullable()
      .openapi({
        description: "What its builder attests of its files, if that is attached; `subjects` are the files.",
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
        .openapi({ description: "The parts that have arrived; none any more once the file is ready." }),
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

/** An upload and how far it is, as the API shows it. */
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
