import parse from "semver/functions/parse.js";
import satisfies from "semver/functions/satisfies.js";
import type { UnixSeconds } from "../../lib/time.ts";

/** The rights that a plan sells and a license holds: workers, versions, machines, and time without a network. */
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
  /** How long a machine keeps its seat without a sign of life, in seconds; null: its seat never lapses. */
  seat_idle_seconds: number | null;
};

/** The grant of a plan or license alone. A new field of `Grant` does not compile until it is listed here. */
export const grantOf = ({
  entitlements,
  versions,
  updates_until,
  machine_limit,
  offline_days,
  seat_idle_seconds,
}: Grant): Grant => ({
  entitlements,
  versions,
  updates_until,
  machine_limit,
  offline_days,
  seat_idle_seconds,
});

/** Whether a grant includes a worker, by id. */
export const grantsWorker = ({ entitlements }: Pick<Grant, "entitlements">, workerId: string): boolean =>
  entitlements.some((pattern) =>
    pattern.endsWith("*") ? workerId.startsWith(pattern.slice(0, -1)) : workerId === pattern,
  );

/**
 * Whether a grant covers a release: its version is inside the range, and it was published no later than
 * `updates_until`. A prerelease counts as the release it leads to, so `<2.0.0` does not open 2.0.0-rc.1 although semver
 * sorts it below. A version that is not semver is not covered. The worker is not checked.
 */
export function grantsRelease(
  { versions, updates_until }: Pick<Grant, "versions" | "updates_until">,
  release: { version: string; published_at: UnixSeconds },
): boolean {
  return isInside(release.version, versions) && (updates_until === null || release.published_at <= updates_until);
}

/** The answers of `isInside`, which takes longer than the rest of a decision. Few versions meet few ranges. */
const answers = new Map<string, boolean>();
const MOST_ANSWERS = 1_000;

function isInside(text: string, range: string): boolean {
  const key = `${text} ${range}`;
  const known = answers.get(key);
  if (known !== undefined) return known;
  const version = parse(text);
  const answer = version !== null && satisfies(`${version.major}.${version.minor}.${version.patch}`, range);
  if (answers.size >= MOST_ANSWERS) answers.clear();
  answers.set(key, answer);
  return answer;
}
