import { parse, satisfies } from "semver";
import type { UnixSeconds } from "../../lib/time.ts";

/** The grant of a plan or license: what its holder may use, on how many machines, and for how long without a network. */
export type Grant = {
  /** Worker ids; a trailing `*` matches the rest. */
  entitlements: string[];
  /** Semver range. */
  versions: string;
  /** Releases published later are not covered; null: no end. */
  updates_until: UnixSeconds | null;
  machine_limit: number;
  /** Longest offline lease, in days; 0: none beyond the ordinary token. */
  offline_days: number;
};

/** The whole grant of a plan or license, and nothing else of it. A new field of `Grant` does not compile without its place here. */
export const grantOf = ({ entitlements, versions, updates_until, machine_limit, offline_days }: Grant): Grant => ({
  entitlements,
  versions,
  updates_until,
  machine_limit,
  offline_days,
});

/** Whether a grant includes a worker, by id. */
export const grantsWorker = ({ entitlements }: Pick<Grant, "entitlements">, workerId: string): boolean =>
  entitlements.some((pattern) =>
    pattern.endsWith("*") ? workerId.startsWith(pattern.slice(0, -1)) : workerId === pattern,
  );

/**
 * Whether a grant covers a release: its version inside the range and published no later than `updates_until`.
 * A prerelease counts as the release it leads to, so `<2.0.0` does not open 2.0.0-rc.1 although semver sorts it below.
 * The worker is not looked at. A version that is not semver is not covered.
 */
export function grantsRelease(
  { versions, updates_until }: Pick<Grant, "versions" | "updates_until">,
  release: { version: string; published_at: UnixSeconds },
): boolean {
  const version = parse(release.version);
  if (!version) return false;
  const target = `${version.major}.${version.minor}.${version.patch}`;
  return satisfies(target, versions) && (updates_until === null || release.published_at <= updates_until);
}
