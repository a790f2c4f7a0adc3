import { zstdCompressSync } from "node:zlib";
import { packTar } from "modern-tar";
import { pkgverOf } from "../../src/domain/workers/recipe-rendering.ts";

/** A pacman package for x86_64 with `executable` at the recipe's path. The same input gives the same bytes. */
export async function samplePackage(
  { id, version }: { id: string; version: string },
  executable: Buffer,
): Promise<{ filename: string; bytes: Buffer }> {
  const pkgver = `${pkgverOf(version)}-1`;
  const pkginfo = [
    `pkgname = ${id}`,
    `pkgbase = ${id}`,
    `pkgver = ${pkgver}`,
    `pkgdesc = Sample of ${id} that a development catalog ships`,
    "url = https://rbee.dev",
    "builddate = 0",
    "packager = rbee development",
    `size = ${executable.length}`,
    "arch = x86_64",
    "license = GPL-3.0-or-later",
    "",
  ].join("\n");
  const directories = ["usr/", "usr/local/", "usr/local/bin/"].map((name) => ({
    header: { ...COMMON, name, type: "directory" as const, size: 0, mode: 0o755 },
  }));
  const tar = await packTar([
    { header: { ...COMMON, name: ".PKGINFO", size: pkginfo.length, mode: 0o644 }, body: pkginfo },
    ...directories,
    {
      header: { ...COMMON, name: `usr/local/bin/${id}`, size: executable.length, mode: 0o755 },
      body: executable,
    },
  ]);
  return { filename: `${id}-${pkgver}-x86_64.pkg.tar.zst`, bytes: zstdCompressSync(tar) };
}

const COMMON = { mtime: new Date(0), uid: 0, gid: 0, uname: "root", gname: "root" };
