import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** What goes before a command that root must not run (makepkg refuses to); then everything is run as the user without rights. */
export const AS_ORDINARY_USER: readonly string[] =
  process.getuid?.() === 0 ? ["/usr/bin/setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"] : [];

/** All of the environment that a program finds, but for what a test adds. */
export const PLAIN_ENVIRONMENT = { PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", LC_ALL: "C.UTF-8" };

// The ordinary user reads what tests write, whatever the umask of who runs them.
process.umask(0o022);

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
  const directory = mkdtempSync(join(tmpdir(), "rbee-catalog-tool-"));
  directories.push(directory);
  chmodSync(directory, 0o777);
  return directory;
}

/** How a program ended and what it wrote. */
export type Run = { code: number | null; stdout: string; stderr: string };

/**
 * Runs a program in `directory` as an ordinary user, with `env` as all of its environment but the path, and that
 * directory as home: nothing of the developer's own configuration reaches it. It has no terminal.
 */
export function runAsUser(
  directory: string,
  command: readonly string[],
  env: Record<string, string> = {},
): Promise<Run> {
  const [program = "", ...rest] = [...AS_ORDINARY_USER, ...command];
  const child = spawn(program, rest, {
    cwd: directory,
    env: { ...PLAIN_ENVIRONMENT, HOME: directory, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    // A session of its own has no terminal to ask on.
    detached: true,
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
