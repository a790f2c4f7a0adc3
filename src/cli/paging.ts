import type { Command } from "commander";
import { positiveInteger } from "./arguments.ts";
import type { Context } from "./context.ts";

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
