import { z } from "@hono/zod-openapi";
import type { ManifestArtifact, Platform } from "../../domain/releases/manifest.ts";
import { formatOfFile, type PackageFault, type PackageFormat } from "../../domain/releases/package-format.ts";
import { pkgverOf } from "../../domain/workers/recipe-rendering.ts";
import { lazy } from "../../lib/lazy.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { faultOfClaims, faultOfPaths } from "./claims.ts";
import { parsePkginfo } from "./pkginfo.ts";
import { archOf } from "./platforms.ts";
import { PACMAN_RULES } from "./rules.ts";

/** A path that a package installs: relative, and without anything that leads out or breaks a list of lines. */
const packagePath = lazy(() =>
  z
    .string()
    .max(1024)
    .refine((path) => /^(?:[^/\p{Cc}]+\/)*[^/\p{Cc}]+\/?$/u.test(path), "must be a relative path")
    .refine((path) => path.split("/").every((part) => part !== "." && part !== ".."), "must not lead out"),
);

/** The contents of a pacman package: the text of its `.PKGINFO`, and the paths that it installs. */
export const pacmanContents = lazy(() =>
  z
    .object({
      pkginfo: z.string().max(32_768).openapi({
        description: "The text of `.PKGINFO`.",
        example: "pkgname = llm-worker-rbee-premium-cuda\npkgver = 1.10.0-1\narch = x86_64\n",
      }),
      files: z
        .array(packagePath())
        .max(5000)
        .openapi({
          description: "The paths that it installs, directories with a trailing slash.",
          example: ["usr/", "usr/local/", "usr/local/bin/", "usr/local/bin/llm-worker-rbee-premium-cuda"],
        }),
    })
    .strict()
    .openapi("PackageContents", {
      description: "The contents of a package. Required for a package, refused for others.",
    }),
);
export type PacmanContents = z.infer<ReturnType<typeof pacmanContents>>;

/** The format of pacman packages. */
export const pacman: PackageFormat<PacmanContents> = {
  rules: PACMAN_RULES,
  description: "A `*.pkg.tar.{gz,xz,zst}` is a pacman package.",
  unsigned: "not for pacman",
  get schema() {
    return pacmanContents();
  },
  check({ worker_id, version }, { platform, filename, contents }) {
    const parsed = parsePkginfo(contents.pkginfo);
    if (!parsed.ok) return fault("package.pkginfo", parsed.error);
    const { pkgname, pkgver, arch } = parsed.value;
    const expected = archOf(platform);
    if (expected === null) return fault("platform", `pacman does not run on ${platform}.`);
    const claim = faultOfClaims(worker_id, parsed.value);
    if (claim !== null) return fault("package.pkginfo", claim);
    if (arch !== expected) return fault("package.pkginfo", `arch is ${arch}, but ${platform} needs ${expected}.`);
    const wanted = pkgverOf(version);
    if (!pkgver.startsWith(`${wanted}-`) || !/^\d+(\.\d+)?$/.test(pkgver.slice(wanted.length + 1))) {
      return fault("package.pkginfo", `pkgver is ${pkgver}, but release ${version} needs ${wanted}-<pkgrel>.`);
    }
    const place = faultOfPaths(worker_id, contents.files);
    if (place !== null) return fault("package.files", place);
    const name = `${pkgname}-${pkgver}-${arch}.pkg.tar.`;
    if (filename.replace(/(gz|xz|zst)$/, "") === name) return ok(null);
    return fault("filename", `The file of this package is called ${name}zst (or xz, gz).`);
  },
};

const fault = (path: string, message: string): Result<never, PackageFault> => err({ path, message });

/** The package of a release for a platform that its publisher has signed by OpenPGP, or undefined. */
export const signedPackage = <File extends SignedFile>(artifacts: readonly File[], platform: Platform) =>
  artifacts.find(
    (file) =>
      file.platform === platform && file.pgp_signature !== null && formatOfFile([pacman], file.filename) !== null,
  );

type SignedFile = Pick<ManifestArtifact, "platform" | "filename" | "pgp_signature">;
