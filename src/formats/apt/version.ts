import type { Platform } from "../../domain/releases/manifest.ts";

/** The name of the packages' framing in the ledger and the edge copy. */
export const DEB = "deb";

/** The platforms, by Debian's names of their architectures (`dpkg-architecture -L`). */
export const DEBIAN_ARCHITECTURES = {
  amd64: "linux-x86_64",
  arm64: "linux-aarch64",
} as const satisfies Record<string, Platform>;

export type DebianArchitecture = keyof typeof DEBIAN_ARCHITECTURES;

/** Debian's names of our architectures, in the order of indexes. */
export const ARCHITECTURES = Object.keys(DEBIAN_ARCHITECTURES) as DebianArchitecture[];

/** Debian's name for the architecture of a platform; null for another system than Linux. */
export const debianArchitecture = (platform: Platform): DebianArchitecture | null =>
  ARCHITECTURES.find((name) => DEBIAN_ARCHITECTURES[name] === platform) ?? null;

/**
 * A semantic version as Debian's (Debian policy 5.6.12): `1.2.0-rc.1` is `1.2.0~rc.1-1`, because a tilde sorts before
 * the end, so that the release follows its candidates. The revision is always 1.
 */
export const debianVersion = (version: string): string => `${version.replace("-", "~")}-1`;
