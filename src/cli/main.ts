#!/usr/bin/env node
import { CommanderError } from "commander";
import { CliError, EXIT, type ExitCode } from "./exit-code.ts";
import { ProblemError } from "./problem-error.ts";
import { createProgram } from "./program.ts";

/** Tells why a command failed, and returns the status to end with. */
function report(error: unknown, json: boolean): ExitCode {
  // Commander has said it already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const exitCode = error instanceof CliError ? error.exitCode : EXIT.failure;
  const message = error instanceof Error ? error.message : String(error);
  if (json) {
    const problem = error instanceof ProblemError ? error.problem : null;
    process.stderr.write(`${JSON.stringify({ ...problem, message, exit_code: exitCode })}\n`);
  } else {
    process.stderr.write(`rbee-catalog: ${message}\n`);
  }
  return exitCode;
}

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT.ok);
  throw error;
});

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = report(error, process.argv.includes("--json"));
}
