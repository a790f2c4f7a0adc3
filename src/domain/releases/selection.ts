import type { Channel, Manifest, ManifestRelease } from "./manifest.ts";
import { channelIncludes } from "./version.ts";

/** Whether a release may be delivered to the asker. */
export type Covers = (release: ManifestRelease) => boolean;

/**
 * The newest published release that a follower of `channel` gets and `covers` allows, or null. It is never a yanked or
 * blocked one. Relies on the manifest's order, highest version first.
 */
export function latestRelease(
  manifest: Manifest,
  { channel = "stable", covers = () => true }: { channel?: Channel | undefined; covers?: Covers | undefined } = {},
): ManifestRelease | null {
  const suits = (release: ManifestRelease) =>
    release.status === "published" && channelIncludes(channel, release.channel) && covers(release);
  return manifest.releases.find(suits) ?? null;
}

/** The release of exactly this version, in any status and channel, or null. */
export const findRelease = (manifest: Manifest, version: string): ManifestRelease | null =>
  manifest.releases.find((release) => release.version === version) ?? null;

/**
 * The releases to list, newest first: of all channels, or those that a follower of `channel` gets. Yanked ones are
 * listed on request only, blocked ones never.
 */
export function listReleases(
  manifest: Manifest,
  {
    channel,
    includeYanked = false,
    covers = () => true,
  }: { channel?: Channel | undefined; includeYanked?: boolean | undefined; covers?: Covers | undefined } = {},
): ManifestRelease[] {
  return manifest.releases.filter(
    (release) =>
      (release.status === "published" || (includeYanked && release.status === "yanked")) &&
      (channel === undefined || channelIncludes(channel, release.channel)) &&
      covers(release),
  );
}
