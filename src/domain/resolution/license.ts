import { type Grant, grantsRelease, grantsWorker } from "../licensing/grant.ts";
import type { CatalogRelease, CatalogWorker } from "./catalog.ts";

/**
 * The license of an asker: its grant, and the refusal if it is not in force or its machine has no seat. `detail` is a
 * sentence.
 */
export type LicenseView = Pick<Grant, "entitlements" | "versions" | "updates_until"> & {
  refusal: { code: string; detail: string } | null;
};

/** The reason why no release of a worker may be had; null if there is none. Free workers need no license. */
export function refusalOfAccess(
  { id, tier }: Pick<CatalogWorker, "id" | "tier">,
  license: LicenseView | null,
): { code: string; detail: string } | null {
  if (tier === "free") return null;
  if (license === null) return { code: "LICENSE_REQUIRED", detail: `${id} needs a license.` };
  if (license.refusal) return license.refusal;
  return grantsWorker(license, id) ? null : { code: "NOT_ENTITLED", detail: `The license does not include ${id}.` };
}

/** The reason why a license does not cover a release of a worker that it includes; null if it does. */
export function refusalOfRelease(
  { tier }: Pick<CatalogWorker, "tier">,
  release: CatalogRelease,
  license: LicenseView | null,
): { code: "VERSION_NOT_COVERED"; detail: string } | null {
  if (tier === "free" || license === null || grantsRelease(license, release)) return null;
  const byVersion = !grantsRelease({ versions: license.versions, updates_until: null }, release);
  const detail = byVersion
    ? `The license covers versions ${license.versions}, and not ${release.version}.`
    : `${release.version} was published after the end of the license's updates.`;
  return { code: "VERSION_NOT_COVERED", detail };
}
