import type { Command } from "commander";
import * as z from "zod";
import { CatalogClient } from "./catalog-client.ts";
import { CliError, EXIT } from "./errors.ts";
import { positiveInteger } from "./input.ts";
import { readDevelopmentStart, resolveSettings, type Settings } from "./settings.ts";

const GlobalOptions = z.object({ url: z.string().optional(), json: z.boolean().default(false) });

/** What every command works with: the catalog, the credentials, and where its results go. */
export type Context = {
  client: CatalogClient;
  settings: Settings;
  /** Prints the command's result: as JSON with `--json`, else as `render` puts it for people. */
  show<Value>(value: Value, render: (value: Value) => string): void;
  /** Tells people something that is not the result (stderr). Nothing with `--json`. */
  note(text: string): void;
};

/** The context of a command that was just parsed. `activatedAt`: the catalog at which this hive is activated, if any. */
export async function contextOf(command: Command, activatedAt: string | null = null): Promise<Context> {
  const { url, json } = GlobalOptions.parse(command.optsWithGlobals());
  const start = await readDevelopmentStart(process.env["DEV_DIR"]);
  const settings = resolveSettings({ url, env: process.env, activatedAt, start });
  const note = (text: string): void => {
    if (!json) process.stderr.write(`${text}\n`);
  };
  return {
    settings,
    client: new CatalogClient({ url: settings.url, onRetry: note }),
    show: (value, render) => process.stdout.write(`${json ? JSON.stringify(value, null, 2) : render(value)}\n`),
    note,
  };
}

/** The admin token, or the advice on where to put one. */
export function adminToken({ settings }: Context): string {
  if (settings.adminToken !== null) return settings.adminToken;
  throw new CliError(EXIT.notAuthorized, "This needs an admin token: set RBEE_ADMIN_TOKEN (rbee_adm_...).");
}

/** What `--limit` and `--cursor` parse to, for a list's query. */
export type PageOptions = { limit?: number; cursor?: string };

/** Adds the options of every list. */
export const withPaging = (command: Command): Command =>
  command
    .option("--limit <n>", "how many entries at most, 1 to 200", positiveInteger, 50)
    .option("--cursor <cursor>", "continue where an earlier page ended");

/** Tells people how to get the next page, if there is one. */
export function noteNextPage(context: Context, nextCursor: string | null): void {
  if (nextCursor !== null) context.note(`There is more: add --cursor ${nextCursor}`);
}
