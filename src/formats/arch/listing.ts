import type { Asker } from "../../domain/delivery/authorization.ts";
import { listTier, type SettleChanges } from "../../domain/delivery/tier-listing.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import type { RequestScope } from "../../platform/http/router.ts";
import type { PackagedFile } from "./database-archive.ts";
import { type PacmanContents, pacman } from "./pacman.ts";
import { PACMAN_PLATFORMS, type PacmanArch } from "./platforms.ts";
import { REPOSITORIES, type RepositoryName } from "./repository.ts";

/**
 * A package in a database. `contents` are those of a package that is framed around a binary; null: the record of
 * uploaded packages has them.
 */
export type ListedPackage = {
  workerId: string;
  version: string;
  file: PackagedFile;
  contents: PacmanContents | null;
};

/** The packages in one asker's database. `changedAt`: the time of the newest record behind it. */
export type Listing = { packages: ListedPackage[]; changedAt: UnixSeconds };

/**
 * The uploaded packages of a repository for an architecture and `asker` (null: the free repository). For each worker it
 * is the package of the newest published stable release that the asker may have. Reads KV at most once, and throws, as
 * `listTier`.
 */
export async function listingFor(
  c: RequestScope,
  repository: RepositoryName,
  arch: PacmanArch,
  asker: Asker | null,
  settle: SettleChanges,
): Promise<Listing> {
  const file = { platform: PACMAN_PLATFORMS[arch], format: pacman } as const;
  const { listed, changedAt } = await listTier(
    c,
    {
      tier: REPOSITORIES[repository],
      wanted: [{ version: "latest", channel: "stable", file }],
      recordOf: ({ id }) => `packages:${id}`,
    },
    asker,
    settle,
  );
  return {
    packages: listed.map(({ worker, delivery: { release, artifact } }) => ({
      workerId: worker.id,
      version: release.version,
      file: artifact,
      contents: null,
    })),
    changedAt,
  };
}
