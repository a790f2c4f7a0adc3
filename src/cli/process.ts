import { EXIT } from "./errors.ts";
import { reportUncaught, runProgram } from "./program.ts";
import { useProxy } from "./proxy.ts";

/** Runs the command line of this process, and sets its exit code. Node.js ends the process when nothing is open. */
export async function runProcess(): Promise<void> {
  // A reader that closes the pipe early (`| head`) is not a failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(EXIT.ok);
    throw error;
  });

  // Node would print the whole error, and with it any secret that its message quotes.
  process.on("uncaughtException", (error) => process.exit(reportUncaught(error, process.argv.includes("--json"))));

  const remark = await useProxy(process.env);
  if (remark !== null) process.stderr.write(`rbee-catalog: ${remark}\n`);

  const status = await runProgram(process.argv.slice(2));
  if (status !== EXIT.ok) process.exitCode = status;
}
