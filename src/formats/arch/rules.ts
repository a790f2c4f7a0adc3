import type { PackageRules } from "../../domain/releases/package-format.ts";

/** Packages as makepkg makes them (makepkg.conf, PKGEXT). */
export const PACMAN_RULES = {
  name: "pacman",
  label: "pacman package",
  suffix: /\.pkg\.tar\.(gz|xz|zst)$/,
  platforms: { x86_64: "linux-x86_64", aarch64: "linux-aarch64" },
  contents: { pkginfo: { text: ".PKGINFO" }, files: { paths: "installed" } },
} as const satisfies PackageRules;
