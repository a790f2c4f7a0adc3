import type { FileCount } from "../../../platform/usage/read.ts";
import type { ManifestRelease } from "../../releases/manifest.ts";
import { compareVersions } from "../../releases/version.ts";
import type { Tier } from "../../workers/table.ts";

/**
 * The step that public counts of premium workers are rounded down to. The plans on sale begin with 5 and 25 machines,
 * so such a customer seldom moves a number. One with hundreds of machines moves it by a step or more.
 */
export const PREMIUM_STEP = 100;

/** Public counts of downloads. */
export type Downloads = { total: number; last_30_days: number };

/** The public downloads of one worker. */
export type WorkerDownloads = Downloads & {
  rounded_to: number;
  by_version: ({ version: string } & Downloads)[];
  by_platform: ({ platform: string } & Downloads)[];
};

/** A release that was published. */
type Published = Pick<ManifestRelease, "version" | "channel" | "status" | "published_at">;

/** What anybody may read of a worker: its tier, its releases and its counted files. */
export type PublicFacts = { id: string; tier: Tier; releases: readonly Published[]; files: readonly FileCount[] };

/**
 * The counts that anybody may read. Those of a free worker are exact. Those of a premium one are of full days only and
 * rounded down, each for itself: neither a small number, nor a difference of two of them, nor the moment when one grows
 * leads to a customer with a few machines. Only versions that are listed appear, newest first.
 */
export function publicDownloads({ tier, releases, files }: Omit<PublicFacts, "id">): WorkerDownloads {
  const versions = releases.filter(({ status }) => status !== "blocked").map(({ version }) => version);
  const platforms = [...new Set(files.map(({ platform }) => platform))];
  return {
    ...counted(tier, files),
    rounded_to: tier === "premium" ? PREMIUM_STEP : 1,
    by_version: versions.map((version) => ({
      version,
      ...counted(
        tier,
        files.filter((file) => file.version === version),
      ),
    })),
    by_platform: platforms.toSorted().map((platform) => ({
      platform,
      ...counted(
        tier,
        files.filter((file) => file.platform === platform),
      ),
    })),
  };
}

function counted(tier: Tier, files: readonly FileCount[]): Downloads {
  const sum = (of: (file: FileCount) => number) => files.reduce((total, file) => total + of(file), 0);
  if (tier === "free") return { total: sum(({ total }) => total), last_30_days: sum((file) => file.last_30_days) };
  const rounded = (count: number) => Math.floor(count / PREMIUM_STEP) * PREMIUM_STEP;
  return {
    total: rounded(sum(({ total, today }) => total - today)),
    last_30_days: rounded(sum((file) => file.last_30_full_days)),
  };
}

/**
 * The facts of several workers of one tier as those of one, under `id`, highest version first. A version counts once,
 * as published if it is published for any of them.
 */
export function merged(id: string, tier: Tier, workers: readonly PublicFacts[]): PublicFacts {
  const versions = Map.groupBy(
    workers.flatMap(({ releases }) => releases),
    ({ version }) => version,
  );
  const releases = [...versions.values()].flatMap((same) => {
    const status = STATUSES.find((one) => same.some((release) => release.status === one));
    const alike = same.filter((release) => release.status === status);
    return alike.toSorted((one, other) => other.published_at - one.published_at).slice(0, 1);
  });
  return {
    id,
    tier,
    releases: releases.toSorted((one, other) => compareVersions(other.version, one.version)),
    files: workers.flatMap(({ files }) => files),
  };
}

const STATUSES = ["published", "yanked", "blocked"] as const;

/** The number of versions that are published now, and the one that was published last; null without any. */
export function releaseFacts(releases: readonly Published[]): { count: number; last: Published | null } {
  const published = releases.filter(({ status }) => status === "published");
  const [last = null] = published.toSorted((one, other) => other.published_at - one.published_at);
  return { count: published.length, last };
}

/** The sums of several workers' public counts, and so of rounded ones. */
export const sumOf = (counts: readonly Downloads[]): Downloads => ({
  total: counts.reduce((sum, { total }) => sum + total, 0),
  last_30_days: counts.reduce((sum, { last_30_days }) => sum + last_30_days, 0),
});

/** The public counts of several workers by platform. */
export function byPlatform(workers: readonly WorkerDownloads[]): ({ platform: string } & Downloads)[] {
  const groups = Map.groupBy(
    workers.flatMap(({ by_platform }) => by_platform),
    ({ platform }) => platform,
  );
  return [...groups]
    .map(([platform, counts]) => ({ platform, ...sumOf(counts) }))
    .toSorted((one, other) => (one.platform < other.platform ? -1 : 1));
}
