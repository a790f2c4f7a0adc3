#!/usr/bin/env node
import { CommanderError } from "commander";
import { CliError, EXIT, type ExitCode, ProblemError } from "./errors.ts";
import { createProgram } from "./program.ts";

/** Tells why a command failed, and returns the status to end with. */
function report(error: unknown, json: boolean): ExitCode {
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
  // For people, Commander has said already what is wrong with the command line.
  if (error instanceof CommanderError && !json) return EXIT.usage;
  const exitCode = exitCodeFor(error);
  const message = error instanceof Error ? error.message : String(error);
  if (json) {
    const problem = error instanceof ProblemError ? error.problem : null;
    process.stderr.write(`${JSON.stringify({ ...problem, message, exit_code: exitCode })}\n`);
  } else {
    process.stderr.write(`rbee-catalog: ${message}\n`);
  }
  return exitCode;
}

function exitCodeFor(error: unknown): ExitCode {
  if (error instanceof CommanderError) return EXIT.usage;
  return error instanceof CliError ? error.exitCode : EXIT.failure;
}

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT.ok);
  throw error;
});

const json = process.argv.includes("--json");
try {
  await createProgram({ json }).parseAsync();
} catch (error) {
  process.exitCode = report(error, json);
}
