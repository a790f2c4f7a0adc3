import { execFileSync, spawn } from "node:child_process";
import { accessSync, chmodSync, constants, copyFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

const MAKEPKG = "/usr/bin/makepkg";
const PKGBUILDS = join(import.meta.dirname, "../../pkgbuilds");

/** Base names of every recipe of this repository. */
export const recipes: readonly string[] = readdirSync(PKGBUILDS)
  .filter((file) => file.endsWith(".PKGBUILD"))
  .map((file) => file.replace(/\.PKGBUILD$/, ""))
  .sort();

/** Where a recipe's file of that kind lies. */
export const recipePath = (recipe: string, kind: "PKGBUILD" | "SRCINFO"): string =>
  join(PKGBUILDS, `${recipe}.${kind}`);

/** makepkg refuses to work as root; then everything is run as the user without rights. */
const AS_ORDINARY_USER = process.getuid?.() === 0 ? ["runuser", "-u", "nobody", "--"] : [];

/** Why makepkg cannot be used for real here, or null if it can. Tests that need it are skipped by name and say this. */
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

const directories: string[] = [];

// makepkg takes the rights to its package directory away.
afterAll(() => {
  for (const directory of directories) {
    execFileSync("chmod", ["-R", "u+rwx", directory]);
    rmSync(directory, { recursive: true });
  }
});

/** A new empty directory, which the ordinary user may write in; it lasts as long as the tests of the file. */
export function workDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "rbee-catalog-makepkg-"));
  directories.push(directory);
  chmodSync(directory, 0o777);
  return directory;
}

/** A work directory with that recipe as its PKGBUILD. */
export function recipeDirectory(recipe: string): string {
  const directory = workDirectory();
  copyFileSync(recipePath(recipe, "PKGBUILD"), join(directory, "PKGBUILD"));
  return directory;
}

/** How a program ended and what it wrote. */
export type Run = { code: number | null; stdout: string; stderr: string };

/**
 * Runs a program in `directory` as an ordinary user, with `env` as all of its environment but the path, and that
 * directory as home: nothing of the developer's own configuration reaches it.
 */
export function runAsUser(
  directory: string,
  command: readonly string[],
  env: Record<string, string> = {},
): Promise<Run> {
  const [program = "", ...rest] = [...AS_ORDINARY_USER, ...command];
  const child = spawn(program, rest, {
    cwd: directory,
    env: { PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", HOME: directory, LC_ALL: "C.UTF-8", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const run = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    run.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    run.stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...run }));
  });
}

/** Runs makepkg in `directory`, for an x86_64 machine, as the recipes' `.SRCINFO` were written for. */
export const makepkg = (
  directory: string,
  options: readonly string[],
  env: Record<string, string> = {},
): Promise<Run> => runAsUser(directory, [MAKEPKG, ...options], { CARCH: "x86_64", ...env });
