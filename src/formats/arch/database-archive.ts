import { packTar } from "modern-tar";
import type { ReleaseFile } from "../../domain/releases/manifest.ts";
import { ok, type Result } from "../../lib/result.ts";
import { parsePkginfo } from "./pkginfo.ts";

/** The facts of a package's file in a database. The signature is in base64; null: the file has none. */
export type PackagedFile = Pick<ReleaseFile, "filename" | "size" | "sha256" | "pgp_signature">;

/**
 * A pacman database: a gzipped tar with a folder for each package that holds its `desc` and, with `withFiles`, its
 * `files`. The same packages make the same bytes, in any order.
 */
export async function databaseArchive(
  entries: readonly PackageEntry[],
  withFiles: boolean,
): Promise<Uint8Array<ArrayBuffer>> {
  const sorted = entries.toSorted((a, b) => (a.folder < b.folder ? -1 : 1));
  const tar = await packTar(
    sorted.flatMap(({ folder, desc, files }) => [
      { header: { ...COMMON, name: `${folder}/`, type: "directory" as const, size: 0, mode: 0o755 } },
      file(`${folder}/desc`, desc),
      ...(withFiles ? [file(`${folder}/files`, files)] : []),
    ]),
  );
  const gzipped = new Blob([tar]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(gzipped).arrayBuffer());
}

/** Fixed metadata, so that equal content gives equal bytes. */
const COMMON = { mtime: new Date(0), uid: 0, gid: 0, uname: "root", gname: "root" };

function file(name: string, text: string) {
  const body = new TextEncoder().encode(text);
  return { header: { ...COMMON, name, type: "file" as const, size: body.length, mode: 0o644 }, body };
}

/** One package of a database: its folder's name, and the texts of the two files in it. */
export type PackageEntry = { folder: string; desc: string; files: string };

/**
 * The entry of a package in a pacman database: the fields of repo-add in its order, without empty ones (pacman 6,
 * repo-add.sh). It has no MD5SUM, because pacman checks SHA-256. The error is a fault of `.PKGINFO`.
 */
export function packageEntry(
  artifact: PackagedFile,
  { pkginfo, files }: { pkginfo: string; files: readonly string[] },
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
