import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { stripVTControlCharacters } from "node:util";
import { PROJECT } from "./paths.ts";

const STOP_WITHIN_MS = 5_000;

/** A Node.js program that runs beside this one, in a process group of its own. */
export type Child = {
  /** Resolves with the exit status (1 if a signal ended it) when it and all that it has started are gone. */
  exited: Promise<number>;
  /** Ends it and all that it has started: by SIGTERM, after 5 seconds by SIGKILL. Repeatable. */
  stop(): Promise<void>;
};

/**
 * Starts a Node.js program in the project's folder. `onOutput` gets all that it prints, without colors. Ctrl-C does
 * not reach it, because it leads its own process group. Its standard input is a pipe that ends when this process
 * does: it has to watch that.
 */
export function startProgram(
  args: readonly string[],
  { env = {}, onOutput }: { env?: NodeJS.ProcessEnv; onOutput: (text: string) => void },
): Child {
  const child = spawn(process.execPath, args, {
    cwd: PROJECT,
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  child.stdin.on("error", () => {});
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => onOutput(stripVTControlCharacters(text)));
  }
  const closed = once(child, "close");
  const exited = once(child, "exit").then(async ([code]) => {
    signalGroup(child, "SIGKILL");
    await closed;
    return typeof code === "number" ? code : 1;
  });
  return {
    exited,
    async stop() {
      signalGroup(child, "SIGTERM");
      const timer = setTimeout(() => signalGroup(child, "SIGKILL"), STOP_WITHIN_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // No process of the group is left.
  }
}
