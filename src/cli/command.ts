import { Command } from "commander";
import { KnownSecrets, withoutSecrets } from "../lib/masking/masked.ts";
import { printableLines } from "../lib/printable.ts";
import type { CatalogClient } from "./catalog-client.ts";
import { positiveInteger } from "./input.ts";
import type { Columns } from "./output.ts";
import { type Presentation, painted, presentation } from "./presentation.ts";
import { SECRET_VARIABLES } from "./secrets.ts";
import type { Settings } from "./settings.ts";
import { usageError } from "./usage-error.ts";

/** The environment and the output of one run. Tests pass their own and need no process. */
export type Io = {
  env: NodeJS.ProcessEnv;
  stdout(text: string): void;
  stderr(text: string): void;
  /** Asks a person, and returns the answer. Absent: nobody can be asked. */
  ask?: ((question: string) => Promise<string>) | undefined;
  /** How texts are shown. Absent: plainly. */
  presentation?: Partial<Presentation>;
};

/**
 * The output of one run as every command sees it. No message on `stderr` holds a secret, and no text holds a character
 * that a terminal obeys. `hide` does the same for a text that becomes part of JSON. `mask` hides a new secret from then
 * on, also in the log of a job of GitHub Actions.
 */
export type SafeIo = Io & { secrets: KnownSecrets; hide(text: string): string; mask(secret: string): void };

/** Makes the output of a run safe. The secrets of its environment are known from the start. */
export function safeIo({ env, stdout, stderr, ask }: Io): SafeIo {
  const secrets = new KnownSecrets();
  for (const name of SECRET_VARIABLES) secrets.add(env[name] ?? "");
  const hide = (text: string): string => secrets.hide(withoutSecrets(text));
  return {
    env,
    secrets,
    ask,
    hide,
    mask(secret) {
      secrets.add(secret);
      // A command to the runner (docs.github.com, "Workflow commands", "Masking a value in a log"). It shows nothing.
      if (env["GITHUB_ACTIONS"] === "true") stderr(`::add-mask::${secret}\n`);
    },
    stdout: (text) => stdout(painted(printableLines(text), presentation().colors.stdout)),
    stderr: (text) => stderr(painted(printableLines(hide(text)), presentation().colors.stderr)),
  };
}

/** The catalog, the settings and the output of one command. */
export type Context = {
  client: CatalogClient;
  settings: Settings;
  env: NodeJS.ProcessEnv;
  /** Whether the command prints JSON. */
  isJson: boolean;
  /** Prints the command's result: as JSON with `--json`, else as the text that `render` returns. */
  show<Value>(value: Value, render: (value: Value) => string): void;
  /** Fetches a list, prints the member `rows` of the answer as a table, and notes how to get the next page. */
  list(path: string, rows: string, columns: Columns<Record<string, unknown>>, query: Query): Promise<void>;
  /** Hides the secrets in a text of the server that is part of a result. */
  hide(text: string): string;
  /** Prints a remark on stderr. Prints nothing with `--json`. */
  note(text: string): void;
  /** Asks a person, and returns the answer; null: nobody can be asked. */
  ask: ((question: string) => Promise<string>) | null;
};

/** The facts of a command that its context depends on. `asRun`: a job of GitHub Actions needs no admin token. */
export type ContextOptions = { activatedAt?: string | null; asAdmin?: boolean; asRun?: boolean };
type Query = Record<string, string | number | undefined>;

/** The values of `--limit` and `--cursor`, for the query of a list. */
export type PageOptions = { limit?: number; cursor?: string };

/** A command of the program. Its subcommands share its environment and output. */
export class CatalogCommand extends Command {
  readonly io: SafeIo;

  constructor(io: SafeIo, name?: string) {
    super(name);
    this.io = io;
  }

  override createCommand(name?: string): CatalogCommand {
    return new CatalogCommand(this.io, name);
  }

  /** The command with its parents: `rbee-catalog license issue`. */
  path(): string {
    const { parent } = this;
    return parent instanceof CatalogCommand ? `${parent.path()} ${this.name()}` : this.name();
  }

  /** Throws a fault of the command line as a `CliError` in the words of this command. */
  override error(message: string, options: { code?: string } = {}): never {
    throw usageError(message, options.code, this.path());
  }

  /** Adds `--limit` and `--cursor`. */
  paged(): this {
    return this.option("-l, --limit <n>", "number of entries, 1 to 200", positiveInteger, 50).option(
      "--cursor <cursor>",
      "continue after an earlier page",
    );
  }

  /** Sets the action: `act` gets the context, the command's arguments and its options. */
  run<Args extends unknown[]>(act: (context: Context, ...args: Args) => Promise<void>): this {
    return this.action(async (...args: Args) => act(await this.context(), ...args));
  }

  /** Sets an admin's action: its client sends the admin token. The command fails if there is no token. */
  runAsAdmin<Args extends unknown[]>(act: (context: Context, ...args: Args) => Promise<void>): this {
    return this.action(async (...args: Args) => act(await this.context({ asAdmin: true }), ...args));
  }

  /** Sets a publisher's action: an admin's, for which a job of GitHub Actions needs no admin token. */
  runAsPublisher<Args extends unknown[]>(act: (context: Context, ...args: Args) => Promise<void>): this {
    return this.action(async (...args: Args) => act(await this.context({ asAdmin: true, asRun: true }), ...args));
  }

  /** The context of this parsed command. Its modules are loaded here, so that `--help` does not wait for them. */
  async context(options: ContextOptions = {}): Promise<Context> {
    const { makeContext } = await import("./context.ts");
    return makeContext(this.io, this.optsWithGlobals(), options);
  }
}
