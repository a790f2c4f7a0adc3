import { execFileSync } from "node:child_process";
import { accessSync, constants, copyFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { AS_ORDINARY_USER, type Run, runAsUser, workDirectory } from "./ordinary-user.ts";

const MAKEPKG = "/usr/bin/makepkg";
const PKGBUILDS = join(import.meta.dirname, "../../../pkgbuilds");

/** The base names of all recipes of this repository. */
export const recipes: readonly string[] = readdirSync(PKGBUILDS)
  .filter((file) => file.endsWith(".PKGBUILD"))
  .map((file) => file.replace(/\.PKGBUILD$/, ""))
  .sort();

/** The path of a recipe's file. */
export const recipePath = (recipe: string, kind: "PKGBUILD" | "SRCINFO"): string =>
  join(PKGBUILDS, `${recipe}.${kind}`);

/** The reason why makepkg does not run here; null if it runs. Tests that need it are then skipped, and say so. */
export const makepkgMissing: string | null = whyMissing();
if (makepkgMissing !== null) console.warn(`Skipped, not passed: tests with the real makepkg. ${makepkgMissing}`);

function whyMissing(): string | null {
  try {
    accessSync(MAKEPKG, constants.X_OK);
    const [program = MAKEPKG, ...rest] = [...AS_ORDINARY_USER, MAKEPKG, "--version"];
    execFileSync(program, rest, { stdio: "pipe" });
    return null;
  } catch (error) {
    return `It does not run here: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Makes a work directory with the recipe as its PKGBUILD. */
export function recipeDirectory(recipe: string): string {
  const directory = workDirectory();
  copyFileSync(recipePath(recipe, "PKGBUILD"), join(directory, "PKGBUILD"));
  return directory;
}

/** Runs makepkg in `directory`, by default for an x86_64 machine as in the recipes' `.SRCINFO`. */
export const makepkg = (
  directory: string,
  options: readonly string[],
  env: Record<string, string> = {},
): Promise<Run> => runAsUser(directory, [MAKEPKG, ...options], { CARCH: "x86_64", ...env });
