import { defaultBuild } from "../releases/build.ts";
import type { ManifestRelease } from "../releases/manifest.ts";
import type { Worker } from "../workers/workers.ts";

/** The folders that upstream serves recipes and formulas in, as static files. */
const ARCH = "/pkgbuilds/arch";
const HOMEBREW = "/pkgbuilds/homebrew";

/** The address of the recipe that hives run, as a file. */
export const recipePath = (id: string): string => `${ARCH}/${id}.PKGBUILD`;

/**
 * The addresses of a worker's recipes below `/pkgbuilds`: `any` is the one that hives run, whichever it is, `git` one
 * that builds the source, `binary` one that installs a binary. Null: the worker has no such recipe.
 */
export const recipeFiles = (worker: Pick<Worker, "id" | "builtProgram"> & { binaryRecipe: string | null }) => ({
  any: recipePath(worker.id),
  git: buildsSource(worker) ? `${ARCH}/${worker.id}-git.PKGBUILD` : null,
  binary: buildsSource(worker) && worker.binaryRecipe === null ? null : `${ARCH}/${worker.id}-bin.PKGBUILD`,
});

/** Whether a worker's recipe builds the source. Otherwise it installs a binary. */
export const buildsSource = ({ builtProgram }: Pick<Worker, "builtProgram">): boolean => builtProgram !== null;

/** The former names of a worker's recipe: its id, and the name of the first catalog's file. */
export const formerRecipePaths = (id: string): string[] =>
  [id, id.replace("-worker-rbee-", "-worker-")].map((name) => `/pkgbuilds/${name}.PKGBUILD`);

/**
 * Whether Homebrew can install a worker: it runs on macOS alone, and `release`, which its recipe installs (null: none),
 * has a binary, or the recipe builds from git.
 */
export const hasFormula = (
  { operatingSystems, source }: Pick<Worker, "operatingSystems" | "source">,
  release: ManifestRelease | null,
): boolean =>
  operatingSystems.every((system) => system === "macos") &&
  (source.type === "git" || defaultBuild(release?.artifacts ?? [], "macos-aarch64") !== undefined);

/** The address of a worker's formula. */
export const formulaPath = (id: string): string => `${HOMEBREW}/${id}.rb`;
