import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { PROJECT } from "./paths.ts";

/** Nothing here needs the network: no telemetry, no update check, no lookup of where this machine is. */
const QUIET = {
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
} as const;

/**
 * Starts the project's own wrangler under the Node that runs this. It leads a process group of its own, so that Ctrl-C
 * reaches it only through us, and whatever it starts can be ended with it.
 */
export function spawnWrangler(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [join(PROJECT, "node_modules/wrangler/bin/wrangler.js"), ...args], {
    cwd: PROJECT,
    env: { ...process.env, ...QUIET },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
}

/** Sends a signal to a process that `spawnWrangler` started and to all it has started. */
export function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody is left in the group.
  }
}

/** Runs one wrangler command to its end. Throws, with everything it said, if it fails; ends it when `signal` fires. */
export async function runWrangler(args: readonly string[], signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const child = spawnWrangler(args);
  const abort = (): void => signalGroup(child, "SIGTERM");
  signal.addEventListener("abort", abort, { once: true });
  const output: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => output.push(chunk));
  const [code] = await once(child, "close");
  signal.removeEventListener("abort", abort);
  signal.throwIfAborted();
  if (code !== 0) throw new Error(`wrangler ${args.join(" ")} failed:\n${Buffer.concat(output)}`);
}
