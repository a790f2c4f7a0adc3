import type { Command } from "commander";
import * as z from "zod";
import { CatalogClient } from "./catalog-client.ts";
import { CliError, EXIT } from "./errors.ts";
import { positiveInteger } from "./input.ts";
import { readDevelopmentStart, resolveSettings, type Settings } from "./settings.ts";

/** The environment and the output of one run. Tests pass their own and need no process. */
export type Io = { env: NodeJS.ProcessEnv; stdout(text: string): void; stderr(text: string): void };

/** The environment and the output of this process. */
export const PROCESS_IO: Io = {
  env: process.env,
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
};

const ioOfProgram = new WeakMap<Command, Io>();

/** Makes the commands of `program` use `io`. */
export function bindIo(program: Command, io: Io): void {
  ioOfProgram.set(program, io);
}

/** The `Io` of the program that `command` belongs to. */
export const ioOf = (command: Command): Io =>
  ioOfProgram.get(command) ?? (command.parent ? ioOf(command.parent) : PROCESS_IO);

const GlobalOptions = z.object({ url: z.string().optional(), json: z.boolean().default(false) });

type Page = { next_cursor: string | null };

/** The catalog, the settings and the output of one command. */
export type Context = {
  client: CatalogClient;
  settings: Settings;
  env: NodeJS.ProcessEnv;
  /** Prints the command's result: as JSON with `--json`, else as the text that `render` returns. */
  show<Value>(value: Value, render: (value: Value) => string): void;
  /** Prints one page of a list, and a note on how to get the next one. */
  showPage<Value extends Page>(page: Value, render: (page: Value) => string): void;
  /** Prints a remark on stderr. Prints nothing with `--json`. */
  note(text: string): void;
};

/** The context of a parsed command. `activatedAt`: the catalog that this hive is activated at, if any. */
export async function contextOf(command: Command, activatedAt: string | null = null): Promise<Context> {
  const { url, json } = GlobalOptions.parse(command.optsWithGlobals());
  const { env, stdout, stderr } = ioOf(command);
  const start = await readDevelopmentStart(env["DEV_DIR"]);
  const settings = resolveSettings({ url, env, activatedAt, start });
  const note = (text: string): void => {
    if (!json) stderr(`${text}\n`);
  };
  const show: Context["show"] = (value, render) => stdout(`${json ? JSON.stringify(value, null, 2) : render(value)}\n`);
  return {
    settings,
    env,
    client: new CatalogClient({ url: settings.url, onRetry: note }),
    show,
    showPage(page, render) {
      show(page, render);
      if (page.next_cursor !== null) note(`There is more: add --cursor ${page.next_cursor}`);
    },
    note,
  };
}

/** The context of an admin's command: its client sends the admin token. Throws `CliError` if there is no token. */
export async function adminContextOf(command: Command): Promise<Context> {
  const context = await contextOf(command);
  const { url, adminToken } = context.settings;
  if (adminToken === null) {
    throw new CliError(EXIT.notAuthorized, "This command needs an admin token: set RBEE_ADMIN_TOKEN (rbee_adm_...).");
  }
  return { ...context, client: new CatalogClient({ url, credential: adminToken, onRetry: context.note }) };
}

/** The values of `--limit` and `--cursor`, for the query of a list. */
export type PageOptions = { limit?: number; cursor?: string };

/** Adds `--limit` and `--cursor`. */
export const withPaging = (command: Command): Command =>
  command
    .option("--limit <n>", "how many entries at most, 1 to 200", positiveInteger, 50)
    .option("--cursor <cursor>", "continue where an earlier page ended");
