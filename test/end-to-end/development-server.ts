import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { PROJECT } from "./program-run.ts";

export type Server = {
  process: ChildProcess;
  output(): string;
  /** Resolves with the exit status, or null if a signal has ended it. */
  exited: Promise<number | null>;
  /** Ctrl-C, or another signal to this process alone. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
};

/**
 * Runs the program of `npm start`, with its own data and secrets in `folder`, and the code of `project`. Its IPC
 * channel is to this process, so it ends when a killed test run takes this process with it.
 */
export function launch(folder: string, port: number, project = PROJECT): Server {
  const child = spawn(process.execPath, ["scripts/dev.js"], {
    cwd: project,
    // Traces of every request for wrangler's Local Explorer are not looked at here.
    env: { ...process.env, DEV_DIR: folder, PORT: String(port), X_LOCAL_OBSERVABILITY: "false" },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const exited = once(child, "close").then(([code]) => (typeof code === "number" ? code : null));
  return {
    process: child,
    output: () => output,
    exited,
    stop(signal = "SIGINT") {
      child.kill(signal);
      return exited;
    },
  };
}

/** Ends wrangler and workerd at once, on Linux. The server then ends by itself, with status 1. */
export async function killWorker({ process: { pid } }: Server): Promise<void> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim().split(" ");
  const commands = await Promise.all(children.map((child) => readFile(`/proc/${child}/cmdline`, "utf8")));
  process.kill(-Number(children[commands.findIndex((command) => command.includes("wrangler"))]), "SIGKILL");
}

/**
 * Waits until the server is ready, however long that takes: it ends by itself when it makes no progress. Throws with
 * its output if it ends.
 */
export async function ready(server: Server): Promise<Server> {
  const ended = server.exited.then(() => "ended" as const);
  while (!server.output().includes("is ready at")) {
    if ((await Promise.race([ended, sleep(100)])) === "ended") throw new Error(server.output());
  }
  return server;
}
