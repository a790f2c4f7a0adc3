import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Goes before each command if the tests run as root, which makepkg refuses: the commands then run as `nobody`. */
export const AS_ORDINARY_USER: readonly string[] =
  process.getuid?.() === 0 ? ["/usr/bin/setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"] : [];

/** The whole environment of a program; a test adds to it. */
export const PLAIN_ENVIRONMENT = { PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", LC_ALL: "C.UTF-8" };

// The ordinary user must be able to read the files of tests.
process.umask(0o022);

const directories: string[] = [];

const forgetters: (() => void)[] = [];

/** Removes all work directories. The setup file calls it after each test file. */
export function removeWorkDirectories(): void {
  for (const forget of forgetters) forget();
  for (const directory of directories.splice(0)) {
    // makepkg takes away the rights to its package directory.
    execFileSync("chmod", ["-R", "u+rwx", directory]);
    rmSync(directory, { recursive: true });
  }
}

/** Makes a new empty directory that the ordinary user may write in. It lasts until the end of the test file. */
export function workDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "rbee-catalog-tool-"));
  directories.push(directory);
  chmodSync(directory, 0o777);
  return directory;
}

/**
 * Returns a function that calls `make` at most once for each test file. One process runs many test files, and what
 * `make` makes in a work directory is gone after the file that asked for it.
 */
export function oncePerFile<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  forgetters.push(() => {
    made = undefined;
  });
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** The exit code of a program and its output. */
export type Run = { code: number | null; stdout: string; stderr: string };

/**
 * Runs a program in `directory` as an ordinary user, without a terminal. Its environment is `env` and the path, and its
 * home is `directory`, so the developer's own configuration does not reach it. `signal` kills it and its children.
 */
export function runAsUser(
  directory: string,
  command: readonly string[],
  env: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Run> {
  const [program = "", ...rest] = [...AS_ORDINARY_USER, ...command];
  const child = spawn(program, rest, {
    cwd: directory,
    env: { ...PLAIN_ENVIRONMENT, HOME: directory, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    // A session of its own has no terminal to ask on.
    detached: true,
  });
  signal?.addEventListener("abort", () => child.pid !== undefined && process.kill(-child.pid, "SIGKILL"));
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
