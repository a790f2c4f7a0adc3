#!/usr/bin/env node
import { EXIT } from "./errors.ts";
import { runProgram } from "./program.ts";

// A reader that closes the pipe early (`| head`) is not a failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT.ok);
  throw error;
});

const status = await runProgram(process.argv.slice(2));
if (status !== EXIT.ok) process.exitCode = status;
