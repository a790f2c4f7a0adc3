import { defaultBuild } from "../releases/build.ts";
import type { ManifestRelease } from "../releases/manifest.ts";
import type { Worker } from "../workers/workers.ts";

/** The folders that upstream serves recipes and formulas in, as static files. */
const ARCH = "/pkgbuilds/arch";
const HOMEBREW = "/pkgbuilds/homebrew";

/**
 * The addresses of a worker's recipe below `/pkgbuilds`. `git` builds the source and `binary` installs a binary: a
 * worker has the one that its recipe is. `any` is the recipe, whichever it is.
 */
export const recipeFiles = (id: string, builds: boolean) => ({
  any: `${ARCH}/${id}.PKGBUILD`,
  git: builds ? `${ARCH}/${id}-git.PKGBUILD` : null,
  binary: builds ? null : `${ARCH}/${id}-bin.PKGBUILD`,
});

/** Whether a worker's recipe builds the source. Otherwise it installs a binary. */
export const buildsSource = ({ builtProgram }: Pick<Worker, "builtProgram">): boolean => builtProgram !== null;

/** Every path at which a worker's recipe is served as a file, also under the names of the first clients' files. */
export const recipePaths = (worker: Pick<Worker, "id" | "builtProgram">): string[] => [
  ...Object.values(recipeFiles(worker.id, buildsSource(worker))).filter((path) => path !== null),
  `/pkgbuilds/${worker.id}.PKGBUILD`,
  `/pkgbuilds/${worker.id.replace("-worker-rbee-", "-worker-")}.PKGBUILD`,
];

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
