import { printable } from "../lib/printable.ts";

const cell = (value: unknown): string => {
  const text = Array.isArray(value) ? value.join(", ") : String(value ?? "");
  return text === "" ? "-" : printable(text);
};

/** A table with aligned columns, two spaces apart. A missing value is shown as "-". */
export function formatTable(headings: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const lines = [headings, ...rows.map((row) => row.map(cell))];
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const format = (line: readonly string[]) => line.map((text, column) => text.padEnd(widths[column] ?? 0)).join("  ");
  return lines.map((line) => format(line).trimEnd()).join("\n");
}

/** The columns of a table: by heading, the member of a row that it shows, or a function of the row. */
export type Columns<Row> = Readonly<Record<string, (keyof Row & string) | ((row: Row) => unknown)>>;

/** A table of records, one a line. */
export const formatRows = <Row>(rows: readonly Row[], columns: Columns<Row>): string =>
  formatTable(
    Object.keys(columns),
    rows.map((row) => Object.values(columns).map((show) => (typeof show === "string" ? row[show] : show(row)))),
  );

/** One label and value a line, with the values aligned. A missing value is shown as "-". */
export function formatFields(fields: Readonly<Record<string, unknown>>): string {
  const width = Math.max(...Object.keys(fields).map((label) => label.length));
  return Object.entries(fields)
    .map(([label, value]) => `${label.padEnd(width)}  ${cell(value)}`)
    .join("\n");
}

/** Sentences as a list, one a line. */
export const formatList = (sentences: readonly string[]): string =>
  sentences.map((sentence) => `  - ${printable(sentence)}`).join("\n");

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** A number of bytes for people: `35.0 KiB`. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${bytes} B` : `${value.toFixed(1)} ${UNITS[unit]}`;
}

const BAR_WIDTH = 24;
const REDRAW_MS = 100;

/** A progress bar for one transfer. */
export type Progress = {
  /** Reports that `done` bytes of the total have arrived. */
  update(done: number): void;
  /** Ends the line. */
  finish(): void;
};

/** One line of a progress bar: `name  [#####-----]  45%  1.2 MiB of 2.7 MiB`. A `total` of 0 is shown as done. */
export function formatProgress(name: string, done: number, total: number): string {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const filled = Math.floor(share * BAR_WIDTH);
  const bar = "#".repeat(filled) + "-".repeat(BAR_WIDTH - filled);
  return `${name}  [${bar}] ${String(Math.floor(share * 100)).padStart(3)}%  ${formatSize(done)} of ${formatSize(total)}`;
}

/** Starts a progress bar for `total` bytes. It draws on a terminal only, never into a pipe or file. */
export function startProgress(name: string, total: number, terminal: NodeJS.WriteStream = process.stderr): Progress {
  return terminal.isTTY ? drawBar(printable(name), total, terminal) : { update() {}, finish() {} };
}

/** In bytes. A smaller transfer is done before anybody looks at a log. */
const WORTH_LINES = 64 * 1024 * 1024;

/**
 * Like `startProgress`. Into a pipe or file, such as the log of a build, it writes a line for each tenth of a large
 * file.
 */
export function startLoggedProgress(
  name: string,
  total: number,
  terminal: NodeJS.WriteStream = process.stderr,
): Progress {
  if (terminal.isTTY || total < WORTH_LINES) return startProgress(name, total, terminal);
  let tenths = 0;
  return {
    update(done) {
      const now = Math.floor((done / total) * 10);
      if (now <= tenths) return;
      tenths = now;
      terminal.write(`${printable(name)}: ${now * 10}% (${formatSize(done)} of ${formatSize(total)})\n`);
    },
    finish() {},
  };
}

function drawBar(name: string, total: number, terminal: NodeJS.WriteStream): Progress {
  let drawnAt = 0;
  let done = 0;
  const draw = (): void => {
    drawnAt = Date.now();
    terminal.write(`\r${formatProgress(name, done, total)}\x1b[K`);
  };
  return {
    update(now) {
      done = now;
      if (Date.now() - drawnAt >= REDRAW_MS) draw();
    },
    finish() {
      draw();
      terminal.write("\n");
    },
  };
}
