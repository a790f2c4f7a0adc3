import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** The checkout. */
export const PROJECT = fileURLToPath(new URL("../../", import.meta.url));

export type Run = { code: number | null; stdout: string; stderr: string };

/** Runs a program to its end, in the checkout, with nothing on standard input unless `input` is given. */
export async function run(
  program: string,
  args: readonly string[],
  { env = {}, input = "" }: { env?: NodeJS.ProcessEnv; input?: string } = {},
): Promise<Run> {
  // What tests talk to is on this machine, and no proxy reaches it.
  const child = spawn(program, args, { cwd: PROJECT, env: { ...process.env, no_proxy: "*", ...env } });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text;
  });
  child.stdin.on("error", () => {}).end(input);
  const [code] = await once(child, "close");
  return { code: typeof code === "number" ? code : null, ...output };
}

/** Runs `rbee-catalog` as a person would. */
export const rbeeCatalog = (args: readonly string[], env: NodeJS.ProcessEnv, input = ""): Promise<Run> =>
  run(process.execPath, ["src/cli/main.ts", ...args], { env, input });
