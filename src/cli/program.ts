import { CommanderError } from "commander";
import { printableJson } from "../lib/printable.ts";
import { CatalogCommand, type Io, type SafeIo, safeIo } from "./command.ts";
import { addBackupCommands } from "./commands/backup.ts";
import { addDoctorCommand } from "./commands/doctor.ts";
import { addHiveCommands } from "./commands/hive.ts";
import { addInstallCommand } from "./commands/install.ts";
import { addKeysCommands } from "./commands/keys.ts";
import { addLicenseCommands } from "./commands/license.ts";
import { addMoneyCommands } from "./commands/money.ts";
import { addOperationsCommands } from "./commands/operations.ts";
import { addPlansCommands } from "./commands/plans.ts";
import { addPublisherCommands } from "./commands/publisher.ts";
import { addReleaseCommands } from "./commands/release.ts";
import { addTokenCommands } from "./commands/token.ts";
import { addVerifyCommand } from "./commands/verify.ts";
import { addWebhookCommands } from "./commands/webhooks.ts";
import { CliError, EXIT, type ExitCode, ProblemError } from "./errors.ts";
import { refuseSecretArguments } from "./secrets.ts";

const HELP = `
Configuration; of each line, the first that is set counts:
  catalog      --url, RBEE_CATALOG_URL, where this machine is activated,
               this checkout's running \`npm start\`, https://catalog.rbee.dev
  admin token  RBEE_ADMIN_TOKEN,
               else the development server's (for its own URL only);
               \`release\` in a job of GitHub Actions: its OIDC token
  license      RBEE_LICENSE_KEY or RBEE_LICENSE_TOKEN (a key or a token),
               the one that this machine is activated with,
               else the development server's (for its own URL only)
  machine      RBEE_MACHINE, else a hash of this machine's id

Exit status: 0 done, 1 failed, 2 wrong usage, 3 not authorized, 4 not found,
5 refused by the license or the release, 6 integrity check failed,
7 catalog not reachable (try again later), 8 a check of the doctor failed.

Examples:
  $ rbee-catalog license issue --plan premium-trial --email ada@example.com
  $ rbee-catalog activate --key-stdin
  $ rbee-catalog install llm-worker-rbee-premium-cpu
`;

/** The environment and the output of this process. */
const PROCESS_IO: Io = {
  env: process.env,
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
};

/** The `rbee-catalog` command line. With `json`, Commander does not print its own errors. */
export function createProgram(io: SafeIo = safeIo(PROCESS_IO), json = false): CatalogCommand {
  const program = new CatalogCommand(io, "rbee-catalog")
    .description("Licenses, releases and installed workers of an rbee worker catalog.")
    .option("--url <url>", "the catalog to use")
    .option("--json", "print results as JSON, and errors as JSON on stderr")
    .configureHelp({ showGlobalOptions: true })
    .addHelpText("after", HELP)
    .configureOutput({ writeOut: io.stdout, writeErr: json ? () => {} : io.stderr })
    .exitOverride();
  addLicenseCommands(program);
  addMoneyCommands(program);
  addReleaseCommands(program);
  addPublisherCommands(program);
  addPlansCommands(program);
  addOperationsCommands(program);
  addWebhookCommands(program);
  addDoctorCommand(program);
  addBackupCommands(program);
  addTokenCommands(program);
  addKeysCommands(program);
  addHiveCommands(program);
  addInstallCommand(program);
  addVerifyCommand(program);
  return program;
}

/** Runs the command line `args`, reports a failure on stderr, and returns the exit status. Never throws. */
export async function runProgram(args: readonly string[], io: Io = PROCESS_IO): Promise<ExitCode> {
  const json = args.includes("--json");
  const safe = safeIo(io);
  try {
    refuseSecretArguments(args);
    await createProgram(safe, json).parseAsync(args, { from: "user" });
    return EXIT.ok;
  } catch (error) {
    return report(error, json, safe);
  }
}

/** Prints an error that no command has caught, and returns the exit status. */
export const reportUncaught = (error: unknown, json: boolean): ExitCode => report(error, json, safeIo(PROCESS_IO));

/** Prints a failure on stderr and returns its exit status. */
function report(error: unknown, json: boolean, io: SafeIo): ExitCode {
  const isCommander = error instanceof CommanderError;
  if (isCommander && error.exitCode === 0) return EXIT.ok;
  // Commander has printed its own message already.
  if (isCommander && !json) return EXIT.usage;
  const exitCode = isCommander ? EXIT.usage : exitCodeOfError(error);
  const message = error instanceof Error ? error.message : String(error);
  const problem = error instanceof ProblemError ? error.problem : null;
  // Hidden text by text, because what is hidden must not reach over the end of a JSON string.
  const hidden = (_name: string, value: unknown): unknown => (typeof value === "string" ? io.hide(value) : value);
  io.stderr(
    json
      ? `${printableJson(JSON.stringify({ ...problem, message, exit_code: exitCode }, hidden))}\n`
      : `rbee-catalog: ${message}\n`,
  );
  return exitCode;
}

const exitCodeOfError = (error: unknown): ExitCode => (error instanceof CliError ? error.exitCode : EXIT.failure);
