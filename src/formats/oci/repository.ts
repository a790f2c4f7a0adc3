import type { Asker } from "../../domain/delivery/authorization.ts";
import { readDeliveryFacts } from "../../domain/delivery/facts.ts";
import { readFramedFiles } from "../../domain/delivery/framed/listing.ts";
import { defaultBuild } from "../../domain/releases/build.ts";
import type { FramedFile } from "../../domain/releases/framing/framing.ts";
import type { Manifest, ManifestArtifact, ManifestRelease } from "../../domain/releases/manifest.ts";
import type { Worker } from "../../domain/workers/workers.ts";
import type { RequestScope } from "../../platform/http/router.ts";
import { type ImageIndex, imageOf } from "./image.ts";
import { ARCHITECTURES } from "./names.ts";

/** The name of the registry's framing. */
export const FORMAT = "oci";

/** An image for one architecture: the release and its binary, the layer around that, and the image's own documents. */
export type Image = { artifact: ManifestArtifact; layer: FramedFile; index: ImageIndex };

/** The images of a release, at least one, in the order of `ARCHITECTURES`. */
export type VersionImages = { release: ManifestRelease; images: readonly [Image, ...Image[]] };

/** A worker's repository with all its versions, newest first, yanked and blocked ones included. */
export type Repository = { worker: Worker; versions: readonly VersionImages[] };

/**
 * Reads a worker's repository, and with it the records of every decision on it. Reads KV at most once. Throws D1's
 * errors if the edge copy lacks a record.
 */
export async function readRepository(c: RequestScope, worker: Worker, asker: Asker | null): Promise<Repository> {
  const files = await readFramedFiles(c, worker, FORMAT, asker);
  const { manifest } = await readDeliveryFacts(c, worker.id, null);
  const known = repositories.get(manifest);
  if (known?.files === files) return known.repository;
  const repository = { worker, versions: manifest.releases.flatMap((release) => imagesOf(release, files)) };
  repositories.set(manifest, { files, repository });
  return repository;
}

/** The repository of each manifest in the isolate, with the framed files that it was made from. */
const repositories = new WeakMap<Manifest, { files: readonly FramedFile[]; repository: Repository }>();

/** The images of a release, or none. Of several builds for a platform, one image: a static one runs without a base. */
function imagesOf(release: ManifestRelease, files: readonly FramedFile[]): VersionImages[] {
  const [first, ...others] = Object.values(ARCHITECTURES).flatMap((platform): Image[] => {
    const builds = release.artifacts.filter((artifact) => artifact.kind === "binary" && artifact.platform === platform);
    const isStatic = builds.filter(({ requires }) => requires?.libc?.name === "musl");
    const artifact = defaultBuild(isStatic, platform) ?? defaultBuild(builds, platform);
    const layer = files.find(({ version, stored }) => version === release.version && stored === artifact?.filename);
    const index = layer && imageOf(layer);
    return artifact && layer && index ? [{ artifact, layer, index }] : [];
  });
  return first ? [{ release, images: [first, ...others] }] : [];
}
