import * as z from "zod";
import { printableJson } from "../lib/printable.ts";
import { CatalogClient } from "./catalog-client.ts";
import type { Context, ContextOptions, SafeIo } from "./command.ts";
import { CliError, EXIT } from "./errors.ts";
import { runAccess } from "./github.ts";
import { formatRows } from "./output.ts";
import { cleaned, presentation, withEscapedMarks, withTimes } from "./presentation.ts";
import { type RunToken, runCredential } from "./run-credential.ts";
import { readDevelopmentStart, resolveSettings } from "./settings.ts";
import { requirePrivateUrl } from "./transport.ts";

const GlobalOptions = z.object({ url: z.string().optional(), json: z.boolean().default(false) });

const Row = z.record(z.string(), z.unknown());

/**
 * Makes the context of a parsed command. `globals` are the program's own options. `activatedAt`: the catalog that this
 * hive is activated at, if any. Throws `CliError` if a credential that the command needs is missing.
 */
export async function makeContext(
  io: SafeIo,
  globals: object,
  { activatedAt = null, asAdmin = false, asRun = false }: ContextOptions,
): Promise<Context> {
  const { url: flag, json } = GlobalOptions.parse(globals);
  const { env, stdout, stderr } = io;
  const start = await readDevelopmentStart(env["DEV_DIR"]);
  const settings = resolveSettings({ url: flag, env, activatedAt, start });
  const { url } = settings;
  const adminToken = asAdmin ? settings.adminToken : null;
  const access = asRun && adminToken === null ? runAccess(env) : null;
  if (asAdmin && adminToken === null && access === null) {
    throw new CliError(EXIT.notAuthorized, "This command needs an admin token: set RBEE_ADMIN_TOKEN (rbee_adm_...).");
  }
  if (asAdmin) requirePrivateUrl(url);
  for (const secret of [adminToken, start?.admin_token, start?.license_key]) io.secrets.add(secret ?? "");
  const note: Context["note"] = (text) => {
    if (!json && !presentation().quiet) stderr(`${cleaned(withTimes(text))}\n`);
  };
  const show: Context["show"] = (value, render) =>
    stdout(`${json ? withEscapedMarks(printableJson(JSON.stringify(value, null, 2))) : withTimes(render(value))}\n`);
  const onToken = ({ token, publisher_id }: RunToken): void => {
    io.mask(token);
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
    hide: io.hide,
    note,
    ask: json ? null : (io.ask ?? null),
    async list(path, rows, columns, query) {
      const Page = z.looseObject({ [rows]: z.array(Row), next_cursor: z.string().nullish() });
      const page = await client.json(Page, { path, query });
      show(page, () => formatRows(z.array(Row).parse(page[rows]), columns));
      if (page["next_cursor"]) note(`More results: --cursor ${page["next_cursor"]}`);
    },
  };
}
