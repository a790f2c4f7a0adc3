import * as z from "zod";
import { lazy } from "../../lib/lazy.ts";
import { logFailure } from "../../lib/log.ts";
import { verificationSchema } from "./provenance/claims.ts";
import { requiresSchema } from "./requires/requires.ts";

export const PLATFORMS = ["linux-x86_64", "linux-aarch64", "macos-aarch64", "windows-x86_64"] as const;
export type Platform = (typeof PLATFORMS)[number];

/** The platforms' names for people. */
export const PLATFORM_WORDS: Record<Platform, string> = {
  "linux-x86_64": "Linux, x86-64",
  "linux-aarch64": "Linux, ARM64",
  "macos-aarch64": "macOS, Apple silicon",
  "windows-x86_64": "Windows, x86-64",
};

/** From the most to the least stable. A follower of one channel also gets every more stable one. */
export const CHANNELS = ["stable", "rc", "beta", "alpha"] as const;
export type Channel = (typeof CHANNELS)[number];

/** A `binary` is the file that a hive runs. A `package` is for a package manager, which installs the same. */
export const ARTIFACT_KINDS = ["binary", "package"] as const;
export type ArtifactKind = (typeof ARTIFACT_KINDS)[number];

/** Every kind of file of a release. A `source` is the archive that a free recipe builds, for any platform. */
export const FILE_KINDS = [...ARTIFACT_KINDS, "source"] as const;
export type FileKind = (typeof FILE_KINDS)[number];

/** The platforms of files. `any`: a source archive has none of its own. */
export const FILE_PLATFORMS = [...PLATFORMS, "any"] as const;
export type FilePlatform = (typeof FILE_PLATFORMS)[number];

const artifactSchema = lazy(() =>
  z.object({
    kind: z.enum(ARTIFACT_KINDS).default("binary"),
    platform: z.enum(PLATFORMS),
    filename: z.string(),
    size: z.number(),
    sha256: z.string(),
    /** The key of the bytes in R2. */
    object_key: z.string(),
    /** The text of the `.minisig`, or null if the release is unsigned (development only). */
    signature: z.string().nullable(),
    /** A package's detached OpenPGP signature in base64, if its publisher gave one. */
    pgp_signature: z.string().nullable().default(null),
    /** The needs of a binary. Null: it says nothing. */
    requires: requiresSchema().nullable().default(null),
  }),
);

const sourceArchiveSchema = lazy(() =>
  artifactSchema().pick({ filename: true, size: true, sha256: true, object_key: true, signature: true }),
);

const releaseSchema = lazy(() =>
  z.object({
    id: z.string(),
    version: z.string(),
    channel: z.enum(CHANNELS),
    status: z.enum(["published", "yanked", "blocked"]),
    published_at: z.number(),
    notes: z.string().nullable(),
    /** The git tag that a free worker's recipe builds; null: its branch. */
    source_tag: z.string().nullable().default(null),
    /** The commit of the tag, signed by a release key; null if none is pinned. */
    source: z
      .object({ repository: z.string(), tag: z.string(), commit: z.string(), signature: z.string() })
      .nullable()
      .default(null),
    /** The provenance that R2 has under `object_key`, and the names of the files that it attests. */
    provenance: z
      .object({
        sha256: z.string(),
        size: z.number(),
        subjects: z.array(z.string()),
        object_key: z.string(),
        /** Null: attached before provenance was verified. */
        verification: verificationSchema().nullable().default(null),
      })
      .nullable()
      .default(null),
    artifacts: z.array(artifactSchema()),
    /** The archive of the pinned commit that a free worker's recipe builds; null: it clones the repository. */
    source_archive: sourceArchiveSchema().nullable().default(null),
  }),
);

/**
 * One worker's releases in the edge copy: all but drafts, highest version first, and in each the binaries before the
 * packages. KV key `manifest:<worker id>`. The defaults are for records of earlier versions of this service.
 */
export const manifestSchema = lazy(() =>
  z.object({
    worker_id: z.string(),
    /** When this record was made from the ledger. */
    published_at: z.number().default(0),
    /** Grows with every change of the releases: the sum of their `revision` in the ledger. */
    serial: z.number().default(0),
    releases: z.array(releaseSchema()),
  }),
);

export type Manifest = z.infer<ReturnType<typeof manifestSchema>>;
export type ManifestRelease = z.infer<ReturnType<typeof releaseSchema>>;
export type ManifestArtifact = z.infer<ReturnType<typeof artifactSchema>>;
export type SourceArchive = z.infer<ReturnType<typeof sourceArchiveSchema>>;

/** Any file of a release, as it is delivered by its name. */
export type ReleaseFile = Omit<ManifestArtifact, "kind" | "platform"> & { kind: FileKind; platform: FilePlatform };

/** All files of a release: the artifacts, and then the source archive. */
export const filesOf = ({ artifacts, source_archive }: ManifestRelease): ReleaseFile[] => [
  ...artifacts,
  ...(source_archive
    ? [{ ...source_archive, kind: "source" as const, platform: "any" as const, pgp_signature: null, requires: null }]
    : []),
];

const read = new WeakMap<object, Manifest>();

/**
 * The manifest of a KV record. Null if there is no record, or an unreadable one, which is logged; the ledger then
 * answers. Each record in the isolate's memory is parsed once.
 */
export function manifestOfRecord(record: unknown): Manifest | null {
  if (typeof record !== "object" || record === null) return null;
  const known = read.get(record);
  if (known) return known;
  const { success, data, error } = manifestSchema().safeParse(record);
  if (!success) {
    logFailure("manifest.unreadable", error);
    return null;
  }
  read.set(record, data);
  return data;
}
