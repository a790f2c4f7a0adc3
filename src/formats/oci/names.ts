import { CHANNELS, type Channel, type Platform } from "../../domain/releases/manifest.ts";
import { findWorker, type Worker } from "../../domain/workers/workers.ts";

/** The media types of the OCI image and distribution specifications 1.1. */
export const MEDIA_TYPES = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar",
  zstdLayer: "application/vnd.oci.image.layer.v1.tar+zstd",
  empty: "application/vnd.oci.empty.v1+json",
} as const;

/** The platforms of images, by Go's names for the architectures. */
export const ARCHITECTURES = { amd64: "linux-x86_64", arm64: "linux-aarch64" } as const satisfies Record<
  string,
  Platform
>;
export type Architecture = keyof typeof ARCHITECTURES;

/** The architecture of a platform in Go's words; null if no image is for it. */
export const architectureOf = (platform: string): Architecture | null => {
  if (platform === ARCHITECTURES.amd64) return "amd64";
  return platform === ARCHITECTURES.arm64 ? "arm64" : null;
};

/** The first part of every repository's name. */
export const NAMESPACE = "rbee";

/** The name of a worker's repository. */
export const repositoryOf = ({ id }: Pick<Worker, "id">): string => `${NAMESPACE}/${id}`;

/** The worker of a repository's full name; null if there is no such repository. */
export function workerOfRepository(name: string): Worker | null {
  const [namespace, id = "", ...more] = name.split("/");
  const worker = namespace === NAMESPACE && more.length === 0 ? findWorker(id) : null;
  // A worker's short name is no second repository.
  return worker?.id === id ? worker : null;
}

/** A tag or a digest, as the last part of a path names a manifest. `hex` is of a SHA-256. */
export type Reference =
  | { kind: "digest"; hex: string }
  | { kind: "version"; version: string }
  | { kind: "channel"; channel: Channel };

const DIGEST = /^sha256:([0-9a-f]{64})$/;

/** The hexadecimal part of a SHA-256 digest; null for any other text. */
export const digestHex = (text: string): string | null => DIGEST.exec(text)?.[1] ?? null;

/** The digest of a SHA-256 in hexadecimal. */
export const digestOf = (hex: string): string => `sha256:${hex}`;

/**
 * Parses a reference: a digest, `latest` for the stable channel, a channel, or else a version. A version needs no other
 * spelling for a tag, because versions here have no build metadata (`+`).
 */
export function parseReference(text: string): Reference {
  const hex = digestHex(text);
  if (hex !== null) return { kind: "digest", hex };
  const channel = text === "latest" ? "stable" : CHANNELS.find((known) => known === text);
  return channel ? { kind: "channel", channel } : { kind: "version", version: text };
}
