import { sha256 } from "@noble/hashes/sha2.js";
import { encodeHex } from "../../lib/encoding.ts";
import { toRfc3339 } from "../../lib/time.ts";
import { digestOf, MEDIA_TYPES } from "./names.ts";
import type { Image, VersionImages } from "./repository.ts";

/** A JSON document of a registry, and its SHA-256 in hexadecimal. */
export type Manifest = { type: string; text: string; hex: string };

/** A descriptor (image-spec, descriptor.md). */
export type Descriptor = { mediaType: string; digest: string; size: number };

const manifestOf = (type: string, content: object): Manifest => {
  const text = JSON.stringify(content);
  return { type, text, hex: hexOf(text) };
};

/** The SHA-256 of a text in hexadecimal. */
export const hexOf = (text: string): string => encodeHex(sha256(new TextEncoder().encode(text)));

/** The length of a text in bytes. */
const lengthOf = (text: string): number => new TextEncoder().encode(text).length;

/** The descriptor of a manifest. */
export const descriptorOf = ({ type, text, hex }: Manifest): Descriptor => ({
  mediaType: type,
  digest: digestOf(hex),
  size: lengthOf(text),
});

/** The manifest of an image, as it was made with the layer. */
export const imageManifest = ({ index }: Image): Manifest => ({
  type: MEDIA_TYPES.manifest,
  text: index.manifest,
  hex: index.manifest_sha256,
});

/** The index of a version: an image for each platform. A function of the records, so all isolates give equal bytes. */
export const versionIndex = ({ images }: VersionImages): Manifest =>
  manifestOf(MEDIA_TYPES.index, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.index,
    manifests: images.map((image) => ({
      ...descriptorOf(imageManifest(image)),
      platform: { architecture: image.index.architecture, os: "linux" },
    })),
  });

/** The artifact types of referrers. Ours, because both are about the program in an image and not about its digest. */
export const ARTIFACT_TYPES = {
  signature: "application/vnd.rbee.minisign.signature",
  provenance: "application/vnd.rbee.build.provenance",
} as const;

/** The empty config that artifacts have (image-spec, manifest.md, "Guidance for an Empty Descriptor"). */
export const EMPTY = "{}";
export const EMPTY_HEX = hexOf(EMPTY);

/** A manifest that refers to another one: a signature or the provenance of a program in the image. */
export type Referrer = Manifest & { artifactType: string; annotations: Record<string, string> };

/**
 * The referrers of a manifest of a version: the minisign signatures of the programs in `images`, and the build
 * provenance. The subject is an image's manifest, or the version's index with all its images.
 */
export function referrersOf({ release }: VersionImages, images: readonly Image[], subject: Manifest): Referrer[] {
  const created = toRfc3339(release.published_at);
  const referrer = (artifactType: string, layer: Descriptor, title: string, description: string): Referrer => {
    const annotations = {
      "org.opencontainers.image.created": created,
      "org.opencontainers.image.description": description,
    };
    const content = {
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.manifest,
      artifactType,
      config: { mediaType: MEDIA_TYPES.empty, digest: digestOf(EMPTY_HEX), size: EMPTY.length, data: btoa(EMPTY) },
      layers: [{ ...layer, annotations: { "org.opencontainers.image.title": title } }],
      subject: descriptorOf(subject),
      annotations,
    };
    return { ...manifestOf(MEDIA_TYPES.manifest, content), artifactType, annotations };
  };
  const signatures = images.flatMap(({ artifact: { filename, signature }, index: { architecture } }) => {
    if (signature === null) return [];
    const layer = {
      mediaType: ARTIFACT_TYPES.signature,
      digest: digestOf(hexOf(signature)),
      size: lengthOf(signature),
    };
    const what = `The minisign signature of the program in the ${architecture} image.`;
    return [referrer(ARTIFACT_TYPES.signature, layer, `${filename}.minisig`, what)];
  });
  const { provenance, version } = release;
  if (!provenance || !images.some(({ artifact }) => provenance.subjects.includes(artifact.filename))) return signatures;
  const layer = { mediaType: "application/jsonl", digest: digestOf(provenance.sha256), size: provenance.size };
  const what = "The build provenance of the programs of this version.";
  return [...signatures, referrer(ARTIFACT_TYPES.provenance, layer, `${version}.intoto.jsonl`, what)];
}

/** The answer to a request for referrers: an index of them (distribution-spec, "Listing Referrers"). */
export const referrersIndex = (referrers: readonly Referrer[]): Manifest =>
  manifestOf(MEDIA_TYPES.index, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.index,
    manifests: referrers.map(({ artifactType, annotations, ...manifest }) => ({
      ...descriptorOf(manifest),
      artifactType,
      annotations,
    })),
  });
