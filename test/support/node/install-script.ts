import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunningCatalog } from "../../end-to-end/running-catalog.ts";
import { installed } from "./installed.ts";
import { AS_ORDINARY_USER, PLAIN_ENVIRONMENT, type Run, runAsUser, workDirectory } from "./ordinary-user.ts";

/** Whether the script can install the samples on this machine and the tests have the programs they need. */
export const scriptRuns: boolean =
  process.platform === "linux" && process.arch === "x64" && installed("curl", "dash", "minisign", "script");

/** The number of bytes after which a connection breaks, in the middle of a sample. */
export const CUT = 10_000;

/** Makes a home directory with the script as the catalog serves it, altered by `alter`. */
export async function homeWithScript({ url }: RunningCatalog, alter = (script: string) => script): Promise<string> {
  const home = workDirectory();
  writeFileSync(join(home, "install.sh"), alter(await (await fetch(`${url}/install.sh`)).text()));
  return home;
}

const PARTS = [
  ..."head platform probe gpu machine choose request license download check command tools main".split(" "),
];

/** The script of a catalog at `url` without release keys, put together from the sources as `installScript` does. */
export const assembledScript = (url: string, keys: readonly string[] = [], bound = false): string =>
  PARTS.map((part) => readFileSync(join(import.meta.dirname, `../../../src/formats/install/script/${part}.sh`), "utf8"))
    .join("\n")
    .replace("@CATALOG@", `'${url}'`)
    .replace("@BOUND@", bound ? "'yes'" : "''")
    .replace("@RELEASE_KEYS@", `'${keys.join(" ")}'`);

/** Runs `curl | sh` as the guides say. */
export const pipeToShell = (
  { url }: RunningCatalog,
  home: string,
  args: string,
  env: Record<string, string> = {},
  shell = "dash",
): Promise<Run> => runAsUser(home, ["bash", "-c", `curl -fsSL ${url}/install.sh | ${shell} -s -- ${args}`], env);

/** The folder of the workers of a home, the names in it (an unfinished download included), and a file of it. */
export const workersOf = (home: string): string => join(home, ".cache/rbee/workers");
export const placed = (home: string): string[] =>
  existsSync(workersOf(home)) ? readdirSync(workersOf(home)).sort() : [];
export const readWorker = (home: string, worker: string): Buffer => readFileSync(join(workersOf(home), worker));

/** The sample that the catalog publishes for the worker. */
export const sampleOf = ({ folder }: RunningCatalog, worker: string): Buffer =>
  readFileSync(join(folder, `${worker}-linux-x86_64`));

/** Whether a request's path is a download of a file. */
export const isDownload = (path: string): boolean => /^\/dl\/[^/]+$/.test(path);

/** The `Range` of each download since the log was emptied; empty for a request of the whole file. */
export const downloadRanges = ({ proxy }: RunningCatalog): string[] =>
  proxy.log.flatMap((line) => {
    const [, path = "", range = ""] = line.split(" ");
    return isDownload(path) ? [range] : [];
  });

/** A running script, which leads a process group and keeps its scratch files in `scratch`. */
export type StalledRun = { pid: number; scratch: string; exited: Promise<unknown> };

/** Starts the script and resolves once it has a part of the file and waits for more. */
export async function startAndStall(catalog: RunningCatalog, home: string): Promise<StalledRun> {
  catalog.proxy.log.length = 0;
  catalog.proxy.fate = (_method, path) => {
    if (!isDownload(path)) return "pass";
    return downloadRanges(catalog).length === 1 ? { cutAfter: CUT } : "hang";
  };
  const scratch = workDirectory();
  const [program = "", ...rest] = [...AS_ORDINARY_USER, "dash", "install.sh", "cpu"];
  const env = { ...PLAIN_ENVIRONMENT, HOME: home, TMPDIR: scratch };
  const child = spawn(program, rest, { cwd: home, env, stdio: "ignore", detached: true });
  const exited = once(child, "exit");
  while (downloadRanges(catalog).length < 2) await sleep(50);
  if (child.pid === undefined) throw new Error("the script was not started");
  return { pid: child.pid, scratch, exited };
}
