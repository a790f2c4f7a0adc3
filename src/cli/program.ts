import { isatty } from "node:tty";
import { CommanderError } from "commander";
import { printableJson } from "../lib/printable.ts";
import { CatalogCommand, type Io, type SafeIo, safeIo } from "./command.ts";
import { AUDIENCES, COMMAND_MODULES } from "./command-table.ts";
import { CliError, EXIT, type ExitCode, ProblemError } from "./errors.ts";
import { HELP_CONFIGURATION } from "./help.ts";
import { askOnTerminal } from "./input.ts";
import { cleaned, presentationFor, setPresentation, styled, withEscapedMarks, withTimes } from "./presentation.ts";
import { refuseSecretArguments } from "./secrets.ts";
import { VERSION } from "./version.ts";

/** The settings, exit statuses and examples at the end of the program's help. */
export const HELP = `
The first setting that is found counts:
  catalog      --url, RBEE_CATALOG_URL, the catalog where this machine is
               activated, this checkout's \`npm start\`, the catalog that
               install.sh came from, https://catalog.rbee.dev
  license      RBEE_LICENSE_KEY or RBEE_LICENSE_TOKEN (a key or a token), the
               key that this machine is activated with
  admin token  RBEE_ADMIN_TOKEN; \`release\` in a job of GitHub Actions: the
               job's OIDC token
  machine      RBEE_MACHINE, or a hash of this machine's id

On a terminal, times are local and tables fit the window. NO_COLOR turns off
colors. Scripts: use --json, which has UTC times and never asks a question.

Exit status: 0 done, 1 failed, 2 wrong usage, 3 not authorized, 4 not found,
5 refused by the license or the release, 6 integrity check failed,
7 catalog not reachable (try again later), 8 a check of the doctor failed.

Examples:
  $ rbee-catalog login
  $ rbee-catalog install
  $ rbee-catalog license issue --plan premium-trial --email ada@example.com
`;

/** The environment and the output of this process. */
const PROCESS_IO: Io = {
  env: process.env,
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  presentation: presentationFor(process.env, process),
  ask: isatty(0) && isatty(2) ? askOnTerminal : undefined,
};

/** How a program is made. */
export type ProgramOptions = {
  io?: SafeIo;
  /** The words of the command line: only the module of the first command among them is loaded. Default: all are. */
  words?: readonly string[];
  /** Whether errors are printed as JSON. Commander then prints none of its own. */
  json?: boolean;
};

/** The `rbee-catalog` command line. A command whose module is not loaded has its name and its summary alone. */
export async function createProgram(options: ProgramOptions = {}): Promise<CatalogCommand> {
  const { io = safeIo(PROCESS_IO), words, json = false } = options;
  const program = new CatalogCommand(io, "rbee-catalog");
  program
    .description("Licenses, releases and installed workers of an rbee worker catalog.")
    .helpOption("-h, --help", "show the help of a command")
    .option("-u, --url <url>", "the catalog to use")
    .option("--json", "print results as JSON, and errors as JSON on stderr")
    .option("-q, --quiet", "print no remarks and no progress")
    .configureHelp(HELP_CONFIGURATION)
    .addHelpText("after", HELP)
    .configureOutput({ writeOut: io.stdout, writeErr: json ? () => {} : io.stderr })
    .exitOverride();
  const typed = words?.find((word) => COMMAND_MODULES.some(({ summaries }) => Object.hasOwn(summaries, word)));
  for (const { audience, summaries, load } of COMMAND_MODULES) {
    if (words === undefined || (typed !== undefined && Object.hasOwn(summaries, typed))) {
      (await load())(program);
    } else {
      for (const name of Object.keys(summaries)) program.command(name);
    }
    for (const command of program.commands) {
      const summary = summaries[command.name()];
      if (summary !== undefined) command.summary(summary).helpGroup(AUDIENCES[audience]);
    }
  }
  program.commandsGroup(AUDIENCES.shell).helpCommand("help [command]", "show the help of a command");
  return program;
}

/** The options of the program that have no value. */
const QUIETLY: readonly string[] = ["--json", "-q", "--quiet"];

/** Runs the command line `args`, reports a failure on stderr, and returns the exit status. Never throws. */
export async function runProgram(args: readonly string[], io: Io = PROCESS_IO): Promise<ExitCode> {
  const json = args.includes("--json");
  const safe = safeIo(io);
  const quiet = args.includes("-q") || args.includes("--quiet");
  setPresentation({ ...io.presentation, quiet });
  try {
    refuseSecretArguments(args);
    // No option of the program, because commands have an option of this name, such as `install`.
    if (["-V", "--version"].includes(args.find((word) => !QUIETLY.includes(word)) ?? "")) {
      safe.stdout(json ? `${JSON.stringify({ version: VERSION })}\n` : `${VERSION}\n`);
      return EXIT.ok;
    }
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
  // A group without a command: its help is printed already.
  if (isCommander && !json) return EXIT.usage;
  const exitCode = isCommander ? EXIT.usage : exitCodeOfError(error);
  const message = isCommander ? "Name a command. See --help." : error instanceof Error ? error.message : String(error);
  const problem = error instanceof ProblemError ? error.problem : null;
  // Hidden text by text, because what is hidden must not reach over the end of a JSON string.
  const hidden = (_name: string, value: unknown): unknown => (typeof value === "string" ? io.hide(value) : value);
  io.stderr(
    json
      ? `${withEscapedMarks(printableJson(JSON.stringify({ ...problem, message, exit_code: exitCode }, hidden)))}\n`
      : `${styled("bad", "rbee-catalog:")} ${cleaned(withTimes(message))}\n`,
  );
  return exitCode;
}

const exitCodeOfError = (error: unknown): ExitCode => (error instanceof CliError ? error.exitCode : EXIT.failure);
