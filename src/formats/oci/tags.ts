import { CHANNELS } from "../../domain/releases/manifest.ts";
import { channelIncludes } from "../../domain/releases/version.ts";
import type { VersionImages } from "./repository.ts";

/** The tags of these versions, in the order of their bytes: each version, each channel with a version, and `latest`. */
export function tagsOf(offered: readonly VersionImages[]): string[] {
  const channels = CHANNELS.filter((channel) =>
    offered.some(({ release }) => channelIncludes(channel, release.channel)),
  );
  const latest = channels.includes("stable") ? ["latest"] : [];
  return [...offered.map(({ release }) => release.version), ...channels, ...latest].sort();
}

/**
 * A page of sorted tags: at most `n` of them (null: all), after `last`. `next` is the last tag of the page if more
 * follow, and never for a page of none (distribution-spec, "Listing Tags").
 */
export function pageOfTags(
  tags: readonly string[],
  { n, last }: { n: number | null; last: string | null },
): { tags: string[]; next: string | null } {
  const rest = last === null ? [...tags] : tags.filter((tag) => tag > last);
  const page = n === null ? rest : rest.slice(0, n);
  return { tags: page, next: page.length < rest.length ? (page.at(-1) ?? null) : null };
}
