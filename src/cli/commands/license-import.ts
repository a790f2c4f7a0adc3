import { readFile } from "node:fs/promises";
import { InvalidArgumentError } from "commander";
import * as z from "zod";
import { currentTime } from "../../lib/time.ts";
import type { CatalogCommand, Context } from "../command.ts";
import { type ConsentOptions, withConsent } from "../consent.ts";
import { CliError, EXIT } from "../errors.ts";
import { parseCsv } from "../import/csv.ts";
import { type ImportRequest, requestOfRow } from "../import/rows.ts";
import { readShopFile, type ShopRow } from "../import/shops.ts";
import { formatRows } from "../output.ts";

type ImportOptions = ConsentOptions & { plan?: string; map?: Map<string, string>; reason?: string };

const Answer = z.looseObject({
  outcomes: z.array(
    z.looseObject({ outcome: z.string(), license_id: z.string().nullable(), fault: z.string().nullable() }),
  ),
});

/** The rows of one request: the catalog takes 50. */
const BATCH = 50;

/** A row with its result, as it is shown. It has no key. */
type Shown = { line: number; email: string; plan: string | null; result: string; license: string | null };

type Sendable = { row: ShopRow; request: ImportRequest };

/** Adds `license import`. */
export function addLicenseImport(license: CatalogCommand): void {
  withConsent(
    license
      .command("import")
      .summary("import licenses of another shop from a CSV file (owners only)")
      .description(
        "Imports licenses from an export of Gumroad, Lemon Squeezy or Keygen, or from any CSV with the columns key and email. " +
          "Customers go on with their old keys until they exchange them. Mails nobody. Repeatable: a key that is there changes nothing.",
      )
      .argument("<file>", "the CSV file; its header tells the shop")
      .option("--plan <plan>", "the plan of rows that name none")
      .option("--map <product=plan...>", "the plan of each product, policy or item of the file", planOfProduct)
      .option("-r, --reason <text>", "the reason, for the audit trail; name no person")
      .addHelpText("after", "\nExample:\n  $ rbee-catalog license import sales.csv --plan premium-lifetime --dry-run"),
  ).runAsAdmin(importFile);
}

function planOfProduct(text: string, so_far: Map<string, string> = new Map()): Map<string, string> {
  const at = text.lastIndexOf("=");
  if (at < 1) throw new InvalidArgumentError("Give PRODUCT=PLAN, such as 'Premium Worker=premium-lifetime'.");
  return new Map([...so_far, [text.slice(0, at), text.slice(at + 1)]]);
}

async function importFile(context: Context, file: string, options: ImportOptions): Promise<void> {
  const { ask, note } = context;
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new CliError(EXIT.usage, `${file} cannot be read.`, { cause: error });
  });
  const shop = readShopFile(parseCsv(text));
  if (shop === null)
    throw new CliError(EXIT.usage, `${file} has no columns "key" and "email", and is no known export.`);
  if (!options.yes && !options.dryRun && ask === null) {
    throw new CliError(EXIT.usage, "There is no terminal to ask on. Add --yes to import, or --dry-run to look first.");
  }
  const { source, rows } = shop;
  const choice = { plan: options.plan, byProduct: options.map ?? new Map() };
  const earlier = new Map<string, number>();
  const unsent: Shown[] = [];
  const sendable: Sendable[] = [];
  for (const row of rows) {
    const request = requestOfRow(row, choice, earlier, currentTime());
    if (request.ok) sendable.push({ row, request: request.value });
    else unsent.push({ ...shownOf(row), result: `${PREFIX[request.error.kind]}: ${request.error.reason}` });
  }
  const send = (isPreview: boolean) => sendAll(context, sendable, { source, options, isPreview });
  if (!options.yes) {
    const preview = [...(await send(true)), ...unsent];
    if (options.dryRun || ask === null) return report(context, source, preview);
    note(`${tableOf(preview)}\n\n${sumsOf(source, preview)}`);
    const answer = await ask(
      `Import ${preview.filter(({ result }) => result === "importable").length}? Type yes to agree: `,
    );
    if (answer.trim().toLowerCase() !== "yes") throw new CliError(EXIT.failure, "Nothing was imported.");
  }
  report(context, source, [...(await send(false)), ...unsent]);
}

const PREFIX = { left: "left out", fault: "wrong" } as const;

const shownOf = ({ line, email, plan }: ShopRow): Omit<Shown, "result"> => ({
  line,
  email,
  plan: plan || null,
  license: null,
});

async function sendAll(
  { client, note }: Context,
  sendable: readonly Sendable[],
  { source, options, isPreview }: { source: string; options: ImportOptions; isPreview: boolean },
): Promise<Shown[]> {
  const shown: Shown[] = [];
  const reason = options.reason ?? `customers moved here from ${source}`;
  for (let at = 0; at < sendable.length; at += BATCH) {
    const batch = sendable.slice(at, at + BATCH);
    const licenses = batch.map(({ request }) => request);
    const body = { source, reason, dry_run: isPreview, licenses };
    const { outcomes } = await client.post(Answer, "/v1/admin/licenses/import", body);
    for (const [index, { row, request }] of batch.entries()) {
      const { outcome = "", license_id = null, fault = null } = outcomes[index] ?? {};
      const result = fault === null ? (WORDS[outcome] ?? outcome) : `wrong: ${fault}`;
      shown.push({ ...shownOf(row), plan: request.plan, result, license: license_id });
    }
    if (!isPreview && sendable.length > BATCH) note(`${at + batch.length} of ${sendable.length}`);
  }
  return shown;
}

const WORDS: Readonly<Record<string, string>> = { known: "already there" };

const tableOf = (rows: readonly Shown[]): string =>
  formatRows(
    [...rows].sort((a, b) => a.line - b.line),
    { LINE: "line", EMAIL: "email", PLAN: "plan", LICENSE: "license", RESULT: "result" },
  );

const startingWith = (rows: readonly Shown[], word: string): number =>
  rows.filter(({ result }) => result.startsWith(word)).length;

function sumsOf(source: string, rows: readonly Shown[]): string {
  const sums = ["importable", "imported", "already there", "left out", "wrong"]
    .map((word) => [startingWith(rows, word), word] as const)
    .filter(([count]) => count > 0);
  return `${source}: ${sums.map(([count, word]) => `${count} ${word}`).join(", ") || "no rows"}`;
}

/** Prints the rows. Throws `CliError` (failure) if any is wrong, so that a script notices; the others are imported. */
function report({ show }: Context, source: string, rows: readonly Shown[]): void {
  const sorted = [...rows].sort((a, b) => a.line - b.line);
  show({ source, rows: sorted }, () => `${tableOf(rows)}\n\n${sumsOf(source, rows)}`);
  const wrong = startingWith(rows, "wrong");
  if (wrong > 0)
    throw new CliError(EXIT.failure, `${wrong} of ${rows.length} rows are wrong. Mend them and run this again.`);
}
