/** A row of a CSV file: its cells by the names of their columns in small letters, and the number of its first line. */
export type CsvRow = { line: number; cells: ReadonlyMap<string, string> };

/** A CSV file: the names of its columns in small letters, and its rows. */
export type CsvFile = { columns: readonly string[]; rows: CsvRow[] };

/** The separators that programs write, the most frequent first. Spreadsheets of many countries write semicolons. */
const SEPARATORS = [",", ";", "\t"] as const;

/**
 * Parses CSV (RFC 4180) with a header. Lines may end in any way, a byte order mark is ignored, and the separator is the
 * one that the header has most. Empty lines are no rows. A quote that is not closed ends with the file.
 */
export function parseCsv(text: string): CsvFile {
  const body = text.replace(/^\ufeff/, "");
  const header = body.slice(0, body.search(/[\r\n]|$/));
  const separator = [...SEPARATORS].sort((a, b) => header.split(b).length - header.split(a).length)[0] ?? ",";
  const [first, ...records] = recordsOf(body, separator);
  const columns = (first?.cells ?? []).map((name) => name.trim().toLowerCase());
  const rows = records
    .filter(({ cells }) => cells.some((cell) => cell.trim() !== ""))
    .map(({ line, cells }) => ({
      line,
      // An apostrophe keeps a spreadsheet from reading a formula: exports of shops write it.
      cells: new Map(columns.map((name, index) => [name, (cells[index] ?? "").trim().replace(/^'(?=[=+\-@])/, "")])),
    }));
  return { columns, rows };
}

/** A cell at the beginning of the rest: between quotes, or up to the next separator or end of a line. */
const CELLS: Readonly<Record<string, RegExp>> = Object.fromEntries(
  SEPARATORS.map((one) => [one, new RegExp(`"((?:[^"]|"")*)(?:"|$)[^${one}\\r\\n]*|([^${one}\\r\\n]*)`, "y")]),
);

function recordsOf(text: string, separator: string): { line: number; cells: string[] }[] {
  const pattern = new RegExp(CELLS[separator] ?? "", "y");
  const records: { line: number; cells: string[] }[] = [];
  let line = 1;
  let begins = 1;
  let cells: string[] = [];
  for (let at = 0; at < text.length; ) {
    pattern.lastIndex = at;
    const [whole = "", quoted, plain = ""] = pattern.exec(text) ?? [];
    cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    line += whole.split(/\r\n|\r|\n/).length - 1;
    at += whole.length;
    if (text[at] === separator) {
      at += 1;
      continue;
    }
    at += text.startsWith("\r\n", at) ? 2 : 1;
    line += 1;
    records.push({ line: begins, cells });
    cells = [];
    begins = line;
  }
  if (cells.length > 0) records.push({ line: begins, cells });
  return records;
}
