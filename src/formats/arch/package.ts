import type { ManifestArtifact } from "../../domain/releases/manifest.ts";
import { ok, type Result } from "../../lib/result.ts";
import type { PacmanContents } from "./pacman.ts";
import { parsePkginfo } from "./pkginfo.ts";

/** One package of a database: its folder's name, and the texts of the two files in it. */
export type PackageEntry = { folder: string; desc: string; files: string };

/**
 * The entry of a package in a pacman database: the fields that repo-add writes, in its order, those without a value left out
 * (pacman 6, repo-add.sh). Without MD5SUM: SHA-256 is what counts. The error is what is wrong with its `.PKGINFO`.
 */
export function packageEntry(
  artifact: Pick<ManifestArtifact, "filename" | "size" | "sha256" | "pgp_signature">,
  { pkginfo, files }: PacmanContents,
): Result<PackageEntry, string> {
  const parsed = parsePkginfo(pkginfo);
  if (!parsed.ok) return parsed;
  const info = parsed.value;
  const fields: [name: string, values: string | readonly string[]][] = [
    ["FILENAME", artifact.filename],
    ["NAME", info.pkgname],
    ["BASE", info.pkgbase],
    ["VERSION", info.pkgver],
    ["DESC", info.pkgdesc],
    ["GROUPS", info.group],
    ["CSIZE", String(artifact.size)],
    ["ISIZE", info.size],
    ["SHA256SUM", artifact.sha256],
    ["PGPSIG", artifact.pgp_signature ?? ""],
    ["URL", info.url],
    ["LICENSE", info.license],
    ["ARCH", info.arch],
    ["BUILDDATE", info.builddate],
    ["PACKAGER", info.packager],
    ["REPLACES", info.replaces],
    ["CONFLICTS", info.conflict],
    ["PROVIDES", info.provides],
    ["DEPENDS", info.depend],
    ["OPTDEPENDS", info.optdepend],
    ["MAKEDEPENDS", info.makedepend],
    ["CHECKDEPENDS", info.checkdepend],
  ];
  return ok({
    folder: `${info.pkgname}-${info.pkgver}`,
    desc: fields.map(([name, values]) => fieldOf(name, [values].flat())).join(""),
    files: `%FILES%\n${[...new Set(files)]
      .sort()
      .map((path) => `${path}\n`)
      .join("")}`,
  });
}

function fieldOf(name: string, values: readonly string[]): string {
  const lines = values.filter((value) => value !== "");
  return lines.length === 0 ? "" : `%${name}%\n${lines.join("\n")}\n\n`;
}
