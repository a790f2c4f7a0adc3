import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { PROJECT } from "./program-run.ts";

export type Server = {
  process: ChildProcess;
  output(): string;
  /** Resolves with the exit status. */
  exited: Promise<number | null>;
  /** Ctrl-C. */
  stop(): Promise<number | null>;
};

/** Runs what `npm start` runs, with data and secrets of its own in `folder`. */
export function launch(folder: string, port: number): Server {
  const child = spawn(process.execPath, ["scripts/dev.ts"], {
    cwd: PROJECT,
    env: { ...process.env, DEV_DIR: folder, PORT: String(port) },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const exited = once(child, "close").then(([code]) => (typeof code === "number" ? code : null));
  return {
    process: child,
    output: () => output,
    exited,
    stop() {
      child.kill("SIGINT");
      return exited;
    },
  };
}

/** Waits until the server has said that it is ready. Throws with its output if it ends instead. */
export async function ready(server: Server): Promise<Server> {
  const ended = server.exited.then(() => "ended" as const);
  while (!server.output().includes("is ready at")) {
    if ((await Promise.race([ended, sleep(100)])) === "ended") throw new Error(server.output());
  }
  return server;
}
