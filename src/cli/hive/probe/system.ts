import { spawn } from "node:child_process";
import { access, constants, readdir, readFile } from "node:fs/promises";
import { totalmem } from "node:os";
import { withoutSecrets } from "../../secrets.ts";

/** How a program ended: its exit status (128 and more: by a signal), or `late` if it was ended after its time. */
export type Ran = { status: number; late: boolean; output: string };

/** The parts of an operating system that the probes read. Tests pass one of their own. */
export type System = {
  /** As in `process.platform` and `process.arch`. */
  platform: string;
  arch: string;
  /** The machine's memory, in bytes. */
  totalMemory: number;
  /** The text of a file, or null if it cannot be read. */
  read(path: string): Promise<string | null>;
  /** The paths of a folder's entries; empty if it cannot be read. */
  list(folder: string): Promise<string[]>;
  isThere(path: string): Promise<boolean>;
  /** Whether this user may write to a file. */
  isWritable(path: string): Promise<boolean>;
  /** Runs a program and waits for a few seconds at most. Null if there is no such program. */
  run(program: string, ...args: string[]): Promise<Ran | null>;
};

/** A tool of a broken driver may never end (sgl-project/sglang#31229). */
const LONGEST_RUN_MS = 6000;
const MOST_OUTPUT = 1024 * 1024;

/**
 * Runs a program without input, and without the secrets of `env`. Resolves after `limitMs` at the latest, even if the
 * program cannot be killed. Null if it cannot be started.
 */
export function runBounded(
  program: string,
  args: readonly string[],
  { limitMs = LONGEST_RUN_MS, env = process.env }: { limitMs?: number; env?: NodeJS.ProcessEnv } = {},
): Promise<Ran | null> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: withoutSecrets(env) });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        if (output.length < MOST_OUTPUT) output += text;
      });
    }
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      // A process that waits for a driver outlives SIGKILL. This command must not wait for it.
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
      resolve({ status: 137, late: true, output });
    }, limitMs);
    child.on("error", () => {
      clearTimeout(timer);
      resolve(null);
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ status: code ?? 128 + signalNumber(signal), late: false, output });
    });
  });
}

/** The numbers of the signals that end a faulty program, on Linux and macOS. */
const SIGNALS: Readonly<Record<string, number>> = { SIGILL: 4, SIGABRT: 6, SIGFPE: 8, SIGKILL: 9, SIGSEGV: 11 };

const signalNumber = (signal: NodeJS.Signals | null): number => SIGNALS[signal ?? ""] ?? 0;

/** The system that this command runs on. */
export const hostSystem: System = {
  platform: process.platform,
  arch: process.arch,
  totalMemory: totalmem(),
  read: (path) => readFile(path, "utf8").catch(() => null),
  list: async (folder) => (await readdir(folder).catch(() => [])).sort().map((name) => `${folder}/${name}`),
  isThere: (path) => may(path, constants.F_OK),
  isWritable: (path) => may(path, constants.W_OK),
  // The tools' words are read, so they must be English.
  run: (program, ...args) => runBounded(program, args, { env: { ...process.env, LC_ALL: "C" } }),
};

const may = (path: string, mode: number): Promise<boolean> =>
  access(path, mode).then(
    () => true,
    () => false,
  );
