import { Command } from "commander";
import * as z from "zod";
import { KnownSecrets, withoutSecrets } from "../lib/masking/masked.ts";
import { printableJson, printableLines } from "../lib/printable.ts";
import { CatalogClient } from "./catalog-client.ts";
import { CliError, EXIT } from "./errors.ts";
import { runAccess } from "./github.ts";
import { positiveInteger } from "./input.ts";
import { type Columns, formatRows } from "./output.ts";
import { type RunToken, runCredential } from "./run-credential.ts";
import { SECRET_VARIABLES } from "./secrets.ts";
import { readDevelopmentStart, resolveSettings, type Settings } from "./settings.ts";
import { requirePrivateUrl } from "./transport.ts";

/** The environment and the output of one run. Tests pass their own and need no process. */
export type Io = { env: NodeJS.ProcessEnv; stdout(text: string): void; stderr(text: string): void };

/**
 * The output of one run as every command sees it. No message on `stderr` holds a secret, and no text holds a character
 * that a terminal obeys. `hide` does the same for a text that becomes part of JSON. `mask` hides a new secret from then
 * on, also in the log of a job of GitHub Actions.
 */
export type SafeIo = Io & { secrets: KnownSecrets; hide(text: string): string; mask(secret: string): void };

/** Makes the output of a run safe. The secrets of its environment are known from the start. */
export function safeIo({ env, stdout, stderr }: Io): SafeIo {
  const secrets = new KnownSecrets();
  for (const name of SECRET_VARIABLES) secrets.add(env[name] ?? "");
  const hide = (text: string): string => secrets.hide(withoutSecrets(text));
  return {
    env,
    secrets,
    hide,
    mask(secret) {
      secrets.add(secret);
      // A command to the runner (docs.github.com, "Workflow commands", "Masking a value in a log"). It shows nothing.
      if (env["GITHUB_ACTIONS"] === "true") stderr(`::add-mask::${secret}\n`);
    },
    stdout: (text) => stdout(printableLines(text)),
    stderr: (text) => stderr(printableLines(hide(text))),
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
  list(path: string, rows: string, columns: Columns<Row>, query: Query): Promise<void>;
  /** Hides the secrets in a text of the server that is part of a result. */
  hide(text: string): string;
  /** Prints a remark on stderr. Prints nothing with `--json`. */
  note(text: string): void;
};

type ContextOptions = { activatedAt?: string | null; asAdmin?: boolean; asRun?: boolean };
type Query = Record<string, string | number | undefined>;

/** The values of `--limit` and `--cursor`, for the query of a list. */
export type PageOptions = { limit?: number; cursor?: string };

const GlobalOptions = z.object({ url: z.string().optional(), json: z.boolean().default(false) });

const Row = z.record(z.string(), z.unknown());
type Row = z.infer<typeof Row>;

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

  /** Adds `--limit` and `--cursor`. */
  paged(): this {
    return this.option("--limit <n>", "how many entries at most, 1 to 200", positiveInteger, 50).option(
      "--cursor <cursor>",
      "continue where an earlier page ended",
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

  /** The context of this parsed command. `activatedAt`: the catalog that this hive is activated at, if any. */
  async context({ activatedAt = null, asAdmin = false, asRun = false }: ContextOptions = {}): Promise<Context> {
    const { url: flag, json } = GlobalOptions.parse(this.optsWithGlobals());
    const { env, stdout, stderr } = this.io;
    const start = await readDevelopmentStart(env["DEV_DIR"]);
    const settings = resolveSettings({ url: flag, env, activatedAt, start });
    const { url } = settings;
    const adminToken = asAdmin ? settings.adminToken : null;
    const access = asRun && adminToken === null ? runAccess(env) : null;
    if (asAdmin && adminToken === null && access === null) {
      throw new CliError(EXIT.notAuthorized, "This command needs an admin token: set RBEE_ADMIN_TOKEN (rbee_adm_...).");
    }
    if (asAdmin) requirePrivateUrl(url);
    for (const secret of [adminToken, start?.admin_token, start?.license_key]) this.io.secrets.add(secret ?? "");
    const note: Context["note"] = (text) => {
      if (!json) stderr(`${text}\n`);
    };
    const show: Context["show"] = (value, render) =>
      stdout(`${json ? printableJson(JSON.stringify(value, null, 2)) : render(value)}\n`);
    const onToken = ({ token, publisher_id }: RunToken): void => {
      this.io.mask(token);
      note(`This job publishes as ${publisher_id}.`);
    };
    const ofRun = access && runCredential({ client: new CatalogClient({ url, onRetry: note }), access, onToken });
    const client = new CatalogClient({ url, credential: ofRun ?? adminToken, onRetry: note });
    return {
      client,
      settings,
      env,
      isJson: json,
      show,
      hide: this.io.hide,
      note,
      async list(path, rows, columns, query) {
        const Page = z.looseObject({ [rows]: z.array(Row), next_cursor: z.string().nullish() });
        const page = await client.json(Page, { path, query });
        show(page, () => formatRows(z.array(Row).parse(page[rows]), columns));
        if (page["next_cursor"]) note(`There is more: add --cursor ${page["next_cursor"]}`);
      },
    };
  }
}
