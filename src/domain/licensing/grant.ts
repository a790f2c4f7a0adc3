import { parse, satisfies } from "semver";
import type { UnixSeconds } from "../../lib/time.ts";

/** What a license grants: worker ids (a trailing `*` matches the rest), a semver range, and an end of updates. */
export type Grant = { entitlements: string[]; versions: string; updates_until: UnixSeconds | null };

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
  { versions, updates_until }: Omit<Grant, "entitlements">,
  release: { version: string; published_at: UnixSeconds },
): boolean {
  const version = parse(release.version);
  if (!version) return false;
  const target = `${version.major}.${version.minor}.${version.patch}`;
  return satisfies(target, versions) && (updates_until === null || release.published_at <= updates_until);
}
