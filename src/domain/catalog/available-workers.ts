import { logFailure } from "../../lib/log.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import { type EdgeKey, readEdge } from "../../platform/storage/edge-store.ts";
import { type Manifest, type ManifestRelease, manifestOfRecord } from "../releases/manifest.ts";
import { latestRelease } from "../releases/selection.ts";
import type { Worker } from "../workers/workers.ts";
import { canInstallByRecipe, publishedWorkers } from "./published-workers.ts";

/** A published worker, with its releases and whether it can be installed. */
export type AvailableWorker = {
  worker: Worker;
  /** The default version of an installation; null if nothing is published. */
  version: string | null;
  /** Newest first; null if unknown. */
  releases: readonly ManifestRelease[] | null;
  /** The newest stable release; null if there is none or it is unknown. */
  latest: ManifestRelease | null;
  /** Whether its recipe works: it builds from source, or a release has a file for it. */
  hasRecipe: boolean;
};

/**
 * Every worker by its id, free workers first, as published at `now`. It reads the ledger only if the edge copy fails
 * (`publishedWorkers`). It throws only `ConfigError`.
 */
export async function readAvailableWorkers(env: Env, now: UnixSeconds): Promise<ReadonlyMap<string, AvailableWorker>> {
  const published = await publishedWorkers(env, now);
  // `publishedWorkers` has just read the same records into the isolate's memory.
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

/** The manifests of the workers with releases; null if the edge copy fails. */
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
