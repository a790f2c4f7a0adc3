import type { Asker } from "../../domain/delivery/authorization.ts";
import { type FramedOffer, framedOffers, readableOffers } from "../../domain/delivery/framed/listing.ts";
import { type ListedWorker, listTier, type SettleChanges } from "../../domain/delivery/tier-listing.ts";
import { grantsRelease } from "../../domain/licensing/grant.ts";
import { framedKey } from "../../domain/releases/framing/record.ts";
import type { Platform } from "../../domain/releases/manifest.ts";
import { listReleases } from "../../domain/releases/selection.ts";
import { compareVersions } from "../../domain/releases/version.ts";
import type { RequestScope } from "../../platform/http/router.ts";
import { framedIndex } from "./framed-index.ts";
import { FRAMING } from "./framing.ts";
import type { ListedPackage, Listing } from "./listing.ts";
import { pacman, signedPackage } from "./pacman.ts";
import { PACMAN_PLATFORMS, type PacmanArch } from "./platforms.ts";
import { REPOSITORIES, type RepositoryName } from "./repository.ts";

/**
 * The packages of a signed repository: for each worker, that of the newest published stable release that the asker may
 * have, uploaded with an OpenPGP signature or framed around the release's binary. An uploaded one goes before a framed
 * one of the same version. Reads KV at most once, and throws, as `listTier`.
 */
export async function signedListingFor(
  c: RequestScope,
  repository: RepositoryName,
  arch: PacmanArch,
  asker: Asker | null,
  settle: SettleChanges,
): Promise<Listing> {
  const platform = PACMAN_PLATFORMS[arch];
  const latest = { version: "latest", channel: "stable" } as const;
  const { listed, changedAt } = await listTier(
    c,
    {
      tier: REPOSITORIES[repository],
      wanted: [
        { ...latest, file: { platform, format: pacman } },
        { ...latest, file: { platform } },
      ],
      recordOf: ({ id }) => framedKey(FRAMING.name, id),
      otherRecordOf: ({ id }) => `packages:${id}`,
    },
    asker,
    settle,
  );
  const packages: ListedPackage[] = [];
  for (const one of listed) {
    const uploaded = uploadedPackage(one, platform);
    const offers = await framedOffers(c, one, { format: FRAMING.name, platforms: [platform], channel: "stable" });
    const framed = newestFramed(one.worker.id, offers);
    const isNewer = uploaded && framed && compareVersions(framed.version, uploaded.version) > 0;
    const chosen = isNewer ? framed : (uploaded ?? framed);
    if (chosen) packages.push(chosen);
  }
  return { packages, changedAt };
}

/** The newest uploaded package with an OpenPGP signature that the asker may have. */
function uploadedPackage({ worker, manifest, license }: ListedWorker, platform: Platform): ListedPackage | undefined {
  const covers = (release: Parameters<typeof grantsRelease>[1]) => license === null || grantsRelease(license, release);
  for (const { version, artifacts } of listReleases(manifest, { channel: "stable", covers })) {
    const file = signedPackage(artifacts, platform);
    if (file) return { workerId: worker.id, version, file, contents: null };
  }
  return undefined;
}

/** The package of the newest offer whose index is readable. */
function newestFramed(workerId: string, offers: readonly FramedOffer[]): ListedPackage | undefined {
  const [newest] = readableOffers(offers, ({ index }) => framedIndex().safeParse(index).data ?? null);
  if (!newest) return undefined;
  const { version, filename, size, sha256 } = newest.offer.framed;
  const { signature, ...contents } = newest.facts;
  return { workerId, version, file: { filename, size, sha256, pgp_signature: signature }, contents };
}
