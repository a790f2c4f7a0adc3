import { createRequire } from "node:module";
import { type Child, startProgram } from "./child.ts";

/** Nothing here needs the network: no telemetry, no update check, no lookup of where this machine is. */
const QUIET = {
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  FORCE_COLOR: "0",
} as const;

const END_WITH_PARENT = new URL("./end-with-parent.js", import.meta.url).href;

/**
 * Starts the project's own wrangler under the Node.js that runs this. It ends when this process does, however that
 * ends. It is started without its `bin`, which is a second Node.js process that only passes signals on.
 */
export function startWrangler(args: readonly string[], onOutput: (text: string) => void): Child {
  const wrangler = createRequire(import.meta.url).resolve("wrangler");
  return startProgram(["--no-warnings", "--import", END_WITH_PARENT, wrangler, ...args], { env: QUIET, onOutput });
}

/**
 * Runs one wrangler command to its end. Throws, with everything it printed, if it fails; ends it when `signal` fires.
 */
export async function runWrangler(args: readonly string[], signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  let output = "";
  const child = startWrangler(args, (text) => {
    output += text;
  });
  const abort = (): void => void child.stop();
  signal.addEventListener("abort", abort, { once: true });
  const code = await child.exited;
  signal.removeEventListener("abort", abort);
  signal.throwIfAborted();
  if (code !== 0) throw new Error(`wrangler ${args.join(" ")} failed:\n${output}`);
}
