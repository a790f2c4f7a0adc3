import type { Platform } from "../../src/domain/releases/manifest.ts";
import { pkgverOf } from "../../src/domain/workers/recipe-rendering.ts";
import { randomBytes, type TestFile } from "./publish-release.ts";

const ARCHES = { "linux-x86_64": "x86_64", "linux-aarch64": "aarch64" } as const;

/** The first bytes of a binary OpenPGP signature packet, enough for a server that only passes it on. */
export const PGP_SIGNATURE = "iHUEABYKAB0WIQQ4hDPCsRqxAFFX";

/** A package of a worker's version, as its publisher declares it. */
export function packageFile(
  workerId: string,
  version: string,
  platform: Platform & keyof typeof ARCHES = "linux-x86_64",
  more: Partial<TestFile> = {},
): TestFile {
  const pkgver = `${pkgverOf(version)}-1`;
  const arch = ARCHES[platform];
  const pkginfo = [
    `pkgname = ${workerId}`,
    `pkgver = ${pkgver}`,
    "pkgdesc = A worker of a test",
    "size = 4096",
    `arch = ${arch}`,
    "license = GPL-3.0-or-later",
    "depend = gcc-libs",
  ].join("\n");
  const files = ["usr/local/bin/", `usr/local/bin/${workerId}`, "usr/local/", "usr/"];
  return {
    bytes: randomBytes(300),
    platform,
    filename: `${workerId}-${pkgver}-${arch}.pkg.tar.zst`,
    contents: { pkginfo, files },
    ...more,
  };
}
