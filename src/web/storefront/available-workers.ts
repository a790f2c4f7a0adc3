import { canInstallByRecipe, publishedWorkers } from "../../domain/catalog/published-workers.ts";
import { type Manifest, type ManifestRelease, manifestOfRecord } from "../../domain/releases/manifest.ts";
import { latestRelease } from "../../domain/releases/selection.ts";
import type { Worker } from "../../domain/workers/workers.ts";
import { logFailure } from "../../lib/log.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import { type EdgeKey, readEdge } from "../../platform/storage/edge-store.ts";

/** A worker as it is published, and what of it can be installed. */
export type AvailableWorker = {
  worker: Worker;
  /** The version that is installed unless another is asked for; null where nothing is published. */
  version: string | null;
  /** Newest first; null while they cannot be told. */
  releases: readonly ManifestRelease[] | null;
  /** The newest stable release; null where there is none, or none is known. */
  latest: ManifestRelease | null;
  /** Whether its recipe can be run: it builds from source, or there is a release with a file for it. */
  hasRecipe: boolean;
};

/**
 * Every worker of the catalog by its id, the free ones first, with what is published of it at `now`. Costs the ledger nothing but where
 * the edge copy does not answer (`publishedWorkers`). Never throws, but for a `ConfigError`.
 */
export async function readAvailableWorkers(env: Env, now: UnixSeconds): Promise<ReadonlyMap<string, AvailableWorker>> {
  const published = await publishedWorkers(env, now);
  // What has just been read for these is in the isolate's memory.
  const manifests = await readManifests(env.EDGE, published, now);
  const available = published.map((worker): AvailableWorker => {
    const manifest = manifests?.get(worker.id) ?? null;
    const latest = manifest && latestRelease(manifest);
    const hasRecipe = canInstallByRecipe(worker, manifest);
    return {
      worker,
      version: hasRecipe || manifests === null ? worker.version : (latest?.version ?? null),
      releases: manifests && (manifest?.releases ?? []),
      latest,
      hasRecipe,
    };
  });
  return new Map(available.map((one) => [one.worker.id, one]));
}

/** The manifests of those workers that have releases; null while nobody can say. */
async function readManifests(
  edge: Pick<KVNamespace, "get">,
  workers: readonly Worker[],
  now: UnixSeconds,
): Promise<Map<string, Manifest> | null> {
  const keys = workers.map(({ id }): EdgeKey => `manifest:${id}`);
  try {
    const found = await readEdge(edge, keys, now);
    const manifests = workers.flatMap(({ id }) => {
      const manifest = manifestOfRecord(found.get(`manifest:${id}`));
      return manifest ? [[id, manifest] as const] : [];
    });
    return new Map(manifests);
  } catch (error) {
    logFailure("edge.unreadable", error, { keys });
    return null;
  }
}
