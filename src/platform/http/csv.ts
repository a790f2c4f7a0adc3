import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { accepts } from "hono/accepts";
import { DAY, type UnixSeconds } from "../../lib/time.ts";
import { optionalChoice, unlessEmpty } from "./schemas.ts";

/** The `format` of a query whose answer is JSON or CSV. */
export const CsvFormat = optionalChoice(["json", "csv"]).openapi({
  param: { description: "The form of the answer. `Accept: text/csv` asks for CSV, too." },
});

/** Whether a request asks for CSV: by `format`, else by its header `Accept`. */
export const wantsCsv = (c: Context, format: "json" | "csv" | undefined): boolean =>
  format === undefined
    ? accepts(c, { header: "Accept", supports: ["application/json", "text/csv"], default: "application/json" }) ===
      "text/csv"
    : format === "csv";

/** The content of an answer that is CSV. */
export const csvOf = (description: string, example: string) => ({
  "text/csv": { schema: z.string().openapi({ description, example }) },
});

/** The headers of a file that a browser saves under `name`. */
export const csvHeaders = (name: string) => ({
  "Content-Type": "text/csv; charset=utf-8; header=present",
  "Content-Disposition": `attachment; filename="${name}.csv"`,
  "Cache-Control": "no-store",
  // A browser that shows the file runs nothing in it.
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
});

const day = (end: "start" | "end") =>
  unlessEmpty(
    z.iso
      .date()
      .transform((text): UnixSeconds => Date.parse(`${text}T00:00:00Z`) / 1000 + (end === "end" ? DAY : 0))
      .optional(),
  );

/** The query parameters for a range of days in UTC, as seconds: from `from` on, and before `to`. */
export const DAY_RANGE = {
  from: day("start").openapi({
    param: { description: "The first day, in UTC." },
    type: "string",
    format: "date",
    example: "2026-11-01",
  }),
  to: day("end").openapi({
    param: { description: "The last day, in UTC." },
    type: "string",
    format: "date",
    example: "2026-11-30",
  }),
};

/** The rows that are read at once for a file. */
export const ROWS_A_READ = 1_000;

/**
 * A file of lines that is read from a store as it is sent. `read` returns up to `ROWS_A_READ` rows after the last one;
 * fewer end the file. An error of `read` breaks the file off, so that no reader takes a part for the whole.
 */
export function streamLines<Row>(
  header: string,
  read: (after: Row | undefined) => Promise<Row[]>,
  lineOf: (row: Row) => string,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let after: Row | undefined;
  let start = header;
  return new ReadableStream({
    async pull(controller) {
      const found = await read(after);
      controller.enqueue(encoder.encode(start + found.map(lineOf).join("")));
      start = "";
      after = found.at(-1);
      if (found.length < ROWS_A_READ) controller.close();
    },
  });
}
