import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { PROJECT } from "../development/paths.ts";

/**
 * Runs a program in the project's folder, with its output on this one's. `isQuiet`: only if it fails. Returns whether
 * it succeeded.
 */
export async function run(
  program: string,
  args: readonly string[],
  { env = {}, isQuiet = false }: { env?: NodeJS.Dict<string>; isQuiet?: boolean } = {},
): Promise<boolean> {
  const output = isQuiet ? "pipe" : "inherit";
  const child = spawn(program, args, {
    cwd: PROJECT,
    env: { ...process.env, ...env },
    stdio: ["ignore", output, output],
  });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => said.push(chunk));
  const [code] = await once(child, "close");
  if (code !== 0) process.stderr.write(Buffer.concat(said));
  return code === 0;
}

/**
 * Runs the project's own wrangler. Its standard input is closed, so it asks nothing: the questions have been answered
 * by then. Returns whether it succeeded.
 */
export const wrangler = (args: readonly string[], account: string, isQuiet = false): Promise<boolean> =>
  run(process.execPath, ["--no-warnings", createRequire(import.meta.url).resolve("wrangler"), ...args], {
    env: { CLOUDFLARE_ACCOUNT_ID: account, WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true" },
    isQuiet,
  });
