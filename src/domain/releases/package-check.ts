import { err, ok, type Result } from "../../lib/result.ts";
import { pkgverOf } from "../workers/pkgver.ts";
import { kindOfFilename } from "./artifact-kind.ts";
import type { Platform } from "./manifest.ts";
import { parsePkginfo } from "./pkginfo.ts";

/** What a publisher reads out of a package: the text of its `.PKGINFO` and the paths that it installs. */
export type PackageContents = { pkginfo: string; files: string[] };

/** One thing that is wrong with a declared package: which part of the declaration, and a sentence for a person. */
export type PackageFault = { path: "package" | "package.pkginfo" | "filename" | "platform"; message: string };

/** The platforms that pacman knows, by its names for them. */
export const PACMAN_PLATFORMS = { x86_64: "linux-x86_64", aarch64: "linux-aarch64" } as const satisfies Record<
  string,
  Platform
>;
export type PacmanArch = keyof typeof PACMAN_PLATFORMS;

/** The architecture of a platform in pacman's words, or null where there is no pacman. */
const archOf = (platform: Platform): string | null =>
  Object.entries(PACMAN_PLATFORMS).find(([, known]) => known === platform)?.[0] ?? null;

/**
 * Whether a file that is declared for a release is the package that its name and the release say: of this worker, this
 * version and this platform. A binary has no package contents. The bytes are not looked at.
 */
export function checkPackage(
  release: { worker_id: string; version: string },
  file: { platform: Platform; filename: string; package: PackageContents | null },
): Result<null, PackageFault> {
  const isPackage = kindOfFilename(file.filename) === "package";
  if (file.package === null) {
    return isPackage ? fault("package", "What is in the package must be told: its .PKGINFO and its files.") : ok(null);
  }
  if (!isPackage) return fault("package", "Only a *.pkg.tar.gz, .xz or .zst is a package.");
  const parsed = parsePkginfo(file.package.pkginfo);
  if (!parsed.ok) return fault("package.pkginfo", parsed.error);
  const { pkgname, pkgver, arch } = parsed.value;
  const expected = archOf(file.platform);
  if (expected === null) return fault("platform", `There is no pacman on ${file.platform}.`);
  if (pkgname !== release.worker_id) {
    return fault("package.pkginfo", `pkgname is ${pkgname}, but the release is of ${release.worker_id}.`);
  }
  if (arch !== expected) return fault("package.pkginfo", `arch is ${arch}, but ${file.platform} needs ${expected}.`);
  const version = pkgverOf(release.version);
  if (!pkgver.startsWith(`${version}-`) || !/^\d+(\.\d+)?$/.test(pkgver.slice(version.length + 1))) {
    return fault("package.pkginfo", `pkgver is ${pkgver}, but release ${release.version} needs ${version}-<pkgrel>.`);
  }
  const name = `${pkgname}-${pkgver}-${arch}.pkg.tar.`;
  if (file.filename.replace(/(gz|xz|zst)$/, "") !== name) {
    return fault("filename", `The file of this package is called ${name}zst (or xz, gz).`);
  }
  return ok(null);
}

const fault = (path: PackageFault["path"], message: string): Result<never, PackageFault> => err({ path, message });
