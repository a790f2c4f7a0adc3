import type { Tier } from "../../domain/workers/table.ts";

/** The RPM repositories and the tier of their packages. Premium packages are in a repository of their own. */
export const REPOSITORIES = { rbee: "free", "rbee-premium": "premium" } as const satisfies Record<string, Tier>;
export type RepositoryName = keyof typeof REPOSITORIES;

/** The repository with the packages of a tier. */
export const repositoryOf = (tier: Tier): RepositoryName => (tier === "premium" ? "rbee-premium" : "rbee");

/** The repository of that name, or null. */
export const findRepository = (name: string): RepositoryName | null =>
  name === "rbee" || name === "rbee-premium" ? name : null;

/** The lists that `repomd.xml` names. */
export const LISTS = ["primary", "filelists", "other", "suseinfo"] as const;
export type ListName = (typeof LISTS)[number];

/** A file of a repository's `repodata` folder. A list is named by the SHA-256 of its bytes. */
export type RepodataFile =
  | { kind: "repomd.xml" | "repomd.xml.asc" | "repomd.xml.key" }
  | { kind: "list"; list: ListName; sha256: string };

const LIST = /^(?<sha256>[0-9a-f]{64})-(?<list>[a-z]+)\.xml\.gz$/;

/** Parses a file name in the `repodata` folder. Null for a name that never exists there. */
export function parseRepodataFile(name: string): RepodataFile | null {
  if (name === "repomd.xml" || name === "repomd.xml.asc" || name === "repomd.xml.key") return { kind: name };
  const { sha256, list: named } = LIST.exec(name)?.groups ?? {};
  const list = LISTS.find((one) => one === named);
  return sha256 === undefined || list === undefined ? null : { kind: "list", list, sha256 };
}

const PACKAGE = /^(?<worker>.+)-[^-]+-[^-]+\.(?<arch>[^.]+)\.rpm$/;

/** The worker and the architecture in the name of a package, or null. It reads no storage. */
export function parsePackageFile(name: string): { workerId: string; arch: string } | null {
  const { worker, arch } = PACKAGE.exec(name)?.groups ?? {};
  return worker === undefined || arch === undefined ? null : { workerId: worker, arch };
}
