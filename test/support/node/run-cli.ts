import { runProgram } from "../../../src/cli/program.ts";
import type { Run } from "../../end-to-end/program-run.ts";

/** Runs `rbee-catalog` in this process, which costs a fraction of a new one. `env` is added to that of the tests. */
export async function runCli(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Run> {
  const output = { stdout: "", stderr: "" };
  const code = await runProgram(args, {
    env: { ...process.env, ...env },
    stdout: (text) => {
      output.stdout += text;
    },
    stderr: (text) => {
      output.stderr += text;
    },
  });
  return { code, ...output };
}
