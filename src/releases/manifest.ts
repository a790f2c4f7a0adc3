import * as z from "zod";

export const PLATFORMS = ["linux-x86_64", "linux-aarch64", "macos-aarch64", "windows-x86_64"] as const;
export type Platform = (typeof PLATFORMS)[number];

/** From the most to the least stable; a follower of one channel also gets everything more stable. */
export const CHANNELS = ["stable", "rc", "beta", "alpha"] as const;
export type Channel = (typeof CHANNELS)[number];

const ManifestArtifact = z.object({
  platform: z.enum(PLATFORMS),
  filename: z.string(),
  size: z.number(),
  sha256: z.string(),
  /** Where the bytes lie in R2. */
  object_key: z.string(),
  /** The whole text of the `.minisig`, or null where the release is unsigned (development only). */
  signature: z.string().nullable(),
});

const ManifestRelease = z.object({
  id: z.string(),
  version: z.string(),
  channel: z.enum(CHANNELS),
  status: z.enum(["published", "yanked", "blocked"]),
  published_at: z.number(),
  notes: z.string().nullable(),
  artifacts: z.array(ManifestArtifact),
});

/** What the edge knows of one worker's releases: everything but drafts, highest semver first. KV key `manifest:<worker id>`. */
export const Manifest = z.object({ worker_id: z.string(), releases: z.array(ManifestRelease) });

export type Manifest = z.infer<typeof Manifest>;
export type ManifestRelease = z.infer<typeof ManifestRelease>;
export type ManifestArtifact = z.infer<typeof ManifestArtifact>;
