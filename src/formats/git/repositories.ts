import type { PublishedWorker } from "../../domain/catalog/published-workers.ts";
import { workers } from "../../domain/workers/workers.ts";
import { TAP, tapContents } from "../homebrew/tap.ts";
import type { Revision } from "./object.ts";

/** Every repository that can be cloned: each worker's recipe under its id, as the AUR has it, and the Homebrew tap. */
export const REPOSITORIES: readonly string[] = [...workers.map(({ id }) => id), TAP];

/** What each repository is to hold, by its name, while every worker is published so; `catalogUrl` is the catalog's origin. */
export function repositoryContents(
  published: readonly PublishedWorker[],
  catalogUrl: string,
): Map<string, Omit<Revision, "at">> {
  const recipes = published.map(({ worker }) => {
    const { id, pkgbuild, srcinfo } = worker;
    const contents = {
      message: `${id} ${packageVersion(srcinfo)}`,
      files: { ".SRCINFO": srcinfo, PKGBUILD: pkgbuild },
    };
    return [id, contents] as const;
  });
  return new Map([...recipes, [TAP, tapContents(published, catalogUrl)]]);
}

/** `pkgver-pkgrel` of a `.SRCINFO`. */
const packageVersion = (srcinfo: string): string =>
  ["pkgver", "pkgrel"].map((field) => new RegExp(`^\\t${field} = (.*)$`, "m").exec(srcinfo)?.[1]).join("-");
