import type { Context } from "./command.ts";
import { CliError, EXIT } from "./errors.ts";

/**
 * Fetches a list as CSV and prints it. Lines end without a carriage return, as on a terminal. Throws `CliError`, also
 * with `--json`.
 */
export async function printCsv(
  { client, isJson, show }: Context,
  path: string,
  query: Record<string, string | undefined>,
): Promise<void> {
  if (isJson) throw new CliError(EXIT.usage, "Give either --json or --csv.");
  const response = await client.send({ path, query: { ...query, format: "csv" }, timeoutMs: CSV_TIMEOUT_MS });
  const text = (await response.text()).replaceAll("\r\n", "\n").trimEnd();
  show(text, (lines) => lines);
}

/** A file of many years takes longer than a page. */
const CSV_TIMEOUT_MS = 10 * 60_000;
