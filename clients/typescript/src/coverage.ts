import type { UnixSeconds } from "./clock.ts";
import { isInRange } from "./range.ts";

/** The rights in the claims of a token, or of a license. */
export type Grant = { entitlements: readonly string[]; versions: string; updates_until: UnixSeconds | null };

/** A version of a worker. `published_at` absent: the end of updates is not checked. */
export type WantedVersion = { worker_id: string; version: string; published_at?: UnixSeconds | undefined };

/** Semantic Versioning 2.0.0 in its canonical spelling. */
const VERSION = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;

/** Whether a grant includes a worker, by its id. */
export const grantsWorker = ({ entitlements }: Pick<Grant, "entitlements">, workerId: string): boolean =>
  entitlements.some((entitlement) =>
    entitlement.endsWith("*") ? workerId.startsWith(entitlement.slice(0, -1)) : workerId === entitlement,
  );

/**
 * Judges by the claims of a token alone whether they open a version of a worker. A prerelease counts as the release
 * that it leads to. A version or range that cannot be read is not covered.
 */
export function coverageOf(
  grant: Grant,
  { worker_id, version, published_at }: WantedVersion,
): "VALID" | "NOT_ENTITLED" | "VERSION_NOT_COVERED" {
  if (!grantsWorker(grant, worker_id)) return "NOT_ENTITLED";
  const [, major, minor, patch] = VERSION.exec(version) ?? [];
  const release = [Number(major), Number(minor), Number(patch)] as const;
  const isInside = patch !== undefined && isInRange(release, grant.versions);
  const isInTime = grant.updates_until === null || published_at === undefined || published_at <= grant.updates_until;
  return isInside && isInTime ? "VALID" : "VERSION_NOT_COVERED";
}
