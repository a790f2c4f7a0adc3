import type { Tier } from "../../domain/workers/table.ts";
import type { PacmanArch } from "./platforms.ts";

/** The pacman repositories and the tier of their packages. Premium packages are in a repository of their own. */
export const REPOSITORIES = { rbee: "free", "rbee-premium": "premium" } as const satisfies Record<string, Tier>;
export type RepositoryName = keyof typeof REPOSITORIES;

/** The repository with the packages of a tier. */
export const repositoryOf = (tier: Tier): RepositoryName => (tier === "premium" ? "rbee-premium" : "rbee");

/** A database of a repository, with the packages' file lists (`pacman -F`) or without, or its signature. */
export type DatabaseFile = { kind: "database"; withFiles: boolean; isSignature: boolean };

/** A package, or a signature of it if the name ends with `.sig` or `.minisig`. `isFramed`: no publisher uploaded it. */
export type PackageFile = { kind: "package"; workerId: string; version: string; name: string; isFramed: boolean };

/** The repository of that name, or null. */
export const findRepository = (name: string): RepositoryName | null =>
  name === "rbee" || name === "rbee-premium" ? name : null;

/** The architecture of that name if packages exist for it, or null. */
export const findArch = (name: string): PacmanArch | null => (name === "x86_64" || name === "aarch64" ? name : null);

const DATABASE = /^(?<repository>.+)\.(?<kind>db|files)(?:\.tar\.gz)?(?<signature>\.sig)?$/;
const PACKAGE =
  /^(?<name>.+)-(?<version>\d+\.\d+\.\d+)-[\d.]+-(?<arch>[^-]+)\.pkg\.tar(?<compression>\.(?:gz|xz|zst))?(?:\.(?:mini)?sig)?$/;

/**
 * Parses a file name in the folder of a repository and architecture. Null for a name that never exists there. Only a
 * `signed` repository has signatures of databases, and packages that are framed around binaries; their names end in
 * `.pkg.tar`, without a compression. Reads no storage. The version of a package is its release's, because a repository
 * has final versions only, which pacman writes in the same form.
 */
export function parseRepositoryFile(
  repository: RepositoryName,
  arch: PacmanArch,
  name: string,
  { signed }: { signed: boolean },
): DatabaseFile | PackageFile | null {
  const database = DATABASE.exec(name)?.groups;
  if (database) {
    const isSignature = database["signature"] !== undefined;
    if (database["repository"] !== repository || (isSignature && !signed)) return null;
    return { kind: "database", withFiles: database["kind"] === "files", isSignature };
  }
  const { name: workerId, version, arch: ofArch, compression } = PACKAGE.exec(name)?.groups ?? {};
  if (workerId === undefined || version === undefined || ofArch !== arch) return null;
  const isFramed = compression === undefined;
  return isFramed && !signed ? null : { kind: "package", workerId, version, name, isFramed };
}
