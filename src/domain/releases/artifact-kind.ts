/** A `binary` is what a hive runs; a `package` installs the same with pacman. */
export const ARTIFACT_KINDS = ["binary", "package"] as const;
export type ArtifactKind = (typeof ARTIFACT_KINDS)[number];

/** What a file is, by its name: makepkg's packages end with `.pkg.tar.` and their compression (makepkg.conf, PKGEXT). */
export const kindOfFilename = (filename: string): ArtifactKind =>
  /\.pkg\.tar\.(gz|xz|zst)$/.test(filename) ? "package" : "binary";
