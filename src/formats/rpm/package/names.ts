import type { Platform } from "../../../domain/releases/manifest.ts";

/** rpm's names of the architectures that packages are made for (`$basearch` of dnf and zypper). */
export const ARCHITECTURES = { x86_64: "linux-x86_64", aarch64: "linux-aarch64" } as const satisfies Record<
  string,
  Platform
>;
export type RpmArch = keyof typeof ARCHITECTURES;

/** The architecture of that name, or null. */
export const findArch = (name: string): RpmArch | null => (name === "x86_64" || name === "aarch64" ? name : null);

/** The architecture of a platform. Throws for a platform without packages. */
export function archOf(platform: Platform): RpmArch {
  if (platform === "linux-x86_64") return "x86_64";
  if (platform === "linux-aarch64") return "aarch64";
  throw new Error(`no RPM package is made for ${platform}`);
}

/** The architectures as dependencies name them (rpm, installplatform, `%_isa`). */
export const ISA: Partial<Record<Platform, string>> = { "linux-x86_64": "x86-64", "linux-aarch64": "aarch-64" };

/** The release of every package: a version is packaged once. */
export const RELEASE = "1";

/**
 * A semantic version as rpm writes it. `~` sorts a prerelease before the final version, and `-` separates the release,
 * so a prerelease has `_` in its place.
 */
export function rpmVersion(version: string): string {
  const dash = version.indexOf("-");
  return dash < 0 ? version : `${version.slice(0, dash)}~${version.slice(dash + 1).replaceAll("-", "_")}`;
}

/** The version and the release of a package. */
export const fullVersion = (version: string): string => `${rpmVersion(version)}-${RELEASE}`;
