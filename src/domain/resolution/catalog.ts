import { fromRfc3339, type UnixSeconds } from "../../lib/time.ts";
import type { IndexedWorker, ReleaseIndex } from "../delivery/index/release-index.ts";
import type { Build } from "../releases/build.ts";
import type { ManifestRelease } from "../releases/manifest.ts";

/** A release as the choice sees it. `channel` may be one that this version does not know. */
export type CatalogRelease = {
  version: string;
  channel: string;
  status: "published" | "yanked" | "blocked";
  published_at: UnixSeconds;
  artifacts: readonly Build[];
};

/** A worker as the choice sees it, with all its releases but drafts, highest version first. */
export type CatalogWorker = IndexedWorker & { id: string; releases: readonly CatalogRelease[] };

/** A worker of the Worker's own records. */
export const catalogWorker = (
  id: string,
  facts: IndexedWorker,
  releases: readonly ManifestRelease[],
): CatalogWorker => ({ id, ...facts, releases });

/** A worker of its verified index. Null if the catalog that signed it is older than this choice. */
export const catalogWorkerOfIndex = ({ worker_id: id, worker, versions }: ReleaseIndex): CatalogWorker | null =>
  worker
    ? {
        id,
        ...worker,
        releases: versions.map(({ version, channel, status, published_at, artifacts }) => ({
          ...{ version, channel, status, published_at: fromRfc3339(published_at) },
          artifacts: artifacts.map(({ kind, platform, filename, requires = null }) => {
            return { kind, platform, filename, requires };
          }),
        })),
      }
    : null;
