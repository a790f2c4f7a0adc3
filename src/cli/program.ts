import { isatty } from "node:tty";
import { CommanderError, Help } from "commander";
import { printableJson } from "../lib/printable.ts";
import { CatalogCommand, type Io, type SafeIo, safeIo } from "./command.ts";
import { COMMAND_MODULES } from "./command-table.ts";
import { CliError, EXIT, type ExitCode, ProblemError } from "./errors.ts";
import { askOnTerminal } from "./input.ts";
import { refuseSecretArguments } from "./secrets.ts";
import { VERSION } from "./version.ts";

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
  ask: isatty(0) && isatty(2) ? askOnTerminal : undefined,
};

/** How a program is made. */
export type ProgramOptions = {
  io?: SafeIo;
  /** The words of the command line: only the modules of the commands among them are loaded. Default: all are. */
  words?: readonly string[];
  /** Whether errors are printed as JSON. Commander then prints none of its own. */
  json?: boolean;
};

/** The `rbee-catalog` command line. A command whose module is not loaded has its name and its summary alone. */
export async function createProgram(options: ProgramOptions = {}): Promise<CatalogCommand> {
  const { io = safeIo(PROCESS_IO), words, json = false } = options;
  const program = new CatalogCommand(io, "rbee-catalog");
  // Names alone, because the arguments of a command whose module is not loaded are not known.
  const subcommandTerm: Help["subcommandTerm"] = (command) =>
    command.parent === program ? command.name() : Help.prototype.subcommandTerm(command);
  program
    .description("Licenses, releases and installed workers of an rbee worker catalog.")
    .version(VERSION, "-V, --version", "print the version of this command")
    .option("--url <url>", "the catalog to use")
    .option("--json", "print results as JSON, and errors as JSON on stderr")
    .configureHelp({ showGlobalOptions: true, subcommandTerm })
    .addHelpText("after", HELP)
    .configureOutput({ writeOut: io.stdout, writeErr: json ? () => {} : io.stderr })
    .exitOverride();
  for (const { summaries, load } of COMMAND_MODULES) {
    if (words === undefined || words.some((word) => Object.hasOwn(summaries, word))) {
      (await load())(program);
    } else {
      for (const [name, summary] of Object.entries(summaries)) program.command(name).summary(summary);
    }
  }
  return program;
}

/** Runs the command line `args`, reports a failure on stderr, and returns the exit status. Never throws. */
export async function runProgram(args: readonly string[], io: Io = PROCESS_IO): Promise<ExitCode> {
  const json = args.includes("--json");
  const safe = safeIo(io);
  try {
    refuseSecretArguments(args);
    const program = await createProgram({ io: safe, words: args, json });
    await program.parseAsync(args, { from: "user" });
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
