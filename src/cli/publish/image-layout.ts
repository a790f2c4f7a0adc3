import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { CliError, EXIT } from "../errors.ts";

/** A layer of an image, and the file that has its bytes. The sums are SHA-256 in hexadecimal. */
export type LayoutLayer = { media_type: string; sha256: string; size: number; diff_id: string; path: string };

/** An image for one platform in a folder. */
export type LayoutImage = {
  platform: "linux-x86_64" | "linux-aarch64";
  digest: string;
  env: string[];
  layers: LayoutLayer[];
};

const Descriptor = z.object({
  mediaType: z.string(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.int(),
});
const Index = z.object({ manifests: z.array(Descriptor) });
const Manifest = z.object({ config: Descriptor, layers: z.array(Descriptor) });
const Config = z.object({
  architecture: z.string(),
  os: z.string(),
  config: z.object({ Env: z.array(z.string()).nullish() }).nullish(),
  rootfs: z.object({ diff_ids: z.array(z.string().regex(/^sha256:[0-9a-f]{64}$/)) }),
});

/** Our names of platforms, by Go's names of architectures. */
const PLATFORMS: Readonly<Record<string, LayoutImage["platform"]>> = { amd64: "linux-x86_64", arm64: "linux-aarch64" };

const INDEXES = new Set([
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
]);

/**
 * Reads the images for our platforms in an OCI image layout (image-spec, image-layout.md), such as that of
 * `skopeo copy --all docker://debian:12-slim oci:FOLDER`. Reads no layer. Throws `CliError` if the folder is none, or
 * has no such image.
 */
export async function readImageLayout(folder: string): Promise<LayoutImage[]> {
  const pathOf = (digest: string): string => join(folder, "blobs", ...digest.split(":"));
  const read = async <Value>(path: string, schema: z.ZodType<Value>): Promise<Value> => {
    try {
      return schema.parse(JSON.parse(await readFile(path, "utf8")));
    } catch (error) {
      throw new CliError(EXIT.failure, `${path} is not a part of an OCI image layout: ${String(error)}`);
    }
  };
  const images: LayoutImage[] = [];
  const visit = async (path: string, depth: number): Promise<void> => {
    for (const { mediaType, digest } of (await read(path, Index)).manifests) {
      if (INDEXES.has(mediaType) && depth < 3) {
        await visit(pathOf(digest), depth + 1);
        continue;
      }
      const { config, layers } = await read(pathOf(digest), Manifest);
      const { architecture, os, rootfs, config: settings } = await read(pathOf(config.digest), Config);
      const platform = os === "linux" ? PLATFORMS[architecture] : undefined;
      // Attestations and other platforms.
      if (platform === undefined || rootfs.diff_ids.length !== layers.length) continue;
      images.push({
        platform,
        digest,
        env: settings?.Env ?? [],
        layers: layers.map((layer, index) => ({
          media_type: ociTypeOf(layer.mediaType),
          sha256: layer.digest.slice("sha256:".length),
          size: layer.size,
          diff_id: (rootfs.diff_ids[index] ?? "").slice("sha256:".length),
          path: pathOf(layer.digest),
        })),
      });
    }
  };
  await visit(join(folder, "index.json"), 0);
  if (images.length > 0) return images;
  throw new CliError(EXIT.failure, `${folder} has no image for linux/amd64 or linux/arm64.`);
}

/** The OCI name of a layer's media type, which Docker names differently. */
const ociTypeOf = (mediaType: string): string =>
  mediaType === "application/vnd.docker.image.rootfs.diff.tar.gzip"
    ? "application/vnd.oci.image.layer.v1.tar+gzip"
    : mediaType;
