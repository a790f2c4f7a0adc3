import { type AurPackage, AurSummary } from "./package.ts";

/**
 * What the AUR's archives hold, uncompressed, by the path they are at (aurweb, scripts/mkpkglists.py). The lists of names begin
 * with an empty line: yay and pikaur skip the first one, where there once was a comment, and paru skips empty ones.
 */
export const ARCHIVES: Record<`/${string}.gz`, (packages: readonly AurPackage[]) => string> = {
  "/packages.gz": (packages) => nameList(packages.map(({ Name }) => Name)),
  "/pkgbase.gz": (packages) => nameList(packages.map(({ PackageBase }) => PackageBase)),
  "/packages-meta-v1.json.gz": (packages) => jsonList(packages.map((one) => AurSummary.parse(one))),
  "/packages-meta-ext-v1.json.gz": (packages) => jsonList(packages),
};

const nameList = (names: string[]): string => `\n${names.join("\n")}\n`;

/** One package a line: helpers there are that read it so. */
const jsonList = (entries: readonly AurSummary[]): string =>
  `[\n${entries.map((one) => JSON.stringify(one)).join(",\n")}\n]`;
