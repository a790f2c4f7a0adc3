import * as z from "zod";
import { compareVersions } from "../../domain/releases/version.ts";
import { printable } from "../../lib/printable.ts";
import type { Context } from "../command.ts";
import { formatReleases, type Release, ReleaseAnswer } from "../release-view.ts";

/** The stable version that a place of users, such as a pacman repository, offers for a platform; null for none. */
const Offer = z.looseObject({
  place: z.string(),
  platform: z.string(),
  version: z.string().nullable(),
  needs: z.string(),
});
export type Offer = z.infer<typeof Offer>;

/** The answer to the publication of a release. A catalog from before places were told has no `offers`. */
export const PublicationAnswer = z.looseObject({ ...ReleaseAnswer.shape, offers: z.array(Offer).default([]) });
export type PublishedRelease = z.infer<typeof PublicationAnswer>;

/**
 * The places that do not follow a release just published, because it has no file for them: they offer an older version,
 * or nothing for a platform that the release has a binary for. Every place offers stable versions only, so none is
 * behind a release of another channel.
 */
export function placesBehind({ release, offers }: PublishedRelease): Offer[] {
  if (release.status !== "published" || release.channel !== "stable") return [];
  const platforms = new Set(release.artifacts.filter(({ kind }) => kind === "binary").map(({ platform }) => platform));
  return offers.filter(({ platform, version }) =>
    version === null ? platforms.has(platform) : compareVersions(version, release.version) < 0,
  );
}

/** The places in one line; null if there are none. */
export function behindText({ version }: Release, behind: readonly Offer[]): string | null {
  if (behind.length === 0) return null;
  const places = behind.map(({ place, platform, version: older, needs }) =>
    printable(
      older === null
        ? `${place} has nothing for ${platform} (needs ${needs})`
        : `${place} stays at ${older} for ${platform} (needs ${needs})`,
    ),
  );
  return `Behind ${version}: ${places.join("; ")}.`;
}

/** Shows a release just published, and the places behind it: in a note, and as `behind` in JSON. */
export function showPublication({ show, note }: Pick<Context, "show" | "note">, published: PublishedRelease): void {
  const behind = placesBehind(published);
  show({ release: published.release, behind }, ({ release }) => formatReleases([release]));
  const text = behindText(published.release, behind);
  if (text !== null) note(text);
}
