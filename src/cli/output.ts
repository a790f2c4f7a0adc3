import { printable } from "../lib/printable.ts";
import { cleaned, columnsOf, presentation, type Style, shortened, styled, withTimes } from "./presentation.ts";

const cell = (value: unknown): string => {
  const text = Array.isArray(value) ? value.join(", ") : String(value ?? "");
  return text === "" ? "-" : withTimes(cleaned(printable(text)));
};

/** The space between two columns. */
const GAP = 2;
/** The least width of a column that is shortened. */
const LEAST = 10;

/**
 * A table with aligned columns, two spaces apart. A missing value is shown as "-". On a terminal that is too narrow,
 * long texts end with an ellipsis. Ids, names of workers and times stay whole, because people copy and compare them.
 * If that is not enough, each row becomes a block of fields.
 */
export function formatTable(headings: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const cells = rows.map((row) => row.map(cell));
  const natural = headings.map((heading, column) =>
    Math.max(...[[heading], ...cells.map((row) => [row[column] ?? ""])].map(([text = ""]) => columnsOf(text))),
  );
  const isWhole = headings.map((_, column) => cells.some((row) => WHOLE.test(row[column] ?? "")));
  const widths = fitted(natural, isWhole, presentation().width);
  if (widths === null) {
    const blocks = cells.map((row) => formatFields(Object.fromEntries(headings.map((name, at) => [name, row[at]]))));
    return blocks.join("\n\n");
  }
  const format = (line: readonly string[], style: (text: string, column: number) => string): string => {
    const last = line.length - 1;
    return line
      .map((text, column) => {
        const width = widths[column] ?? 0;
        const shown = shortened(text, width);
        return style(shown, column) + (column === last ? "" : " ".repeat(width - columnsOf(shown) + GAP));
      })
      .join("");
  };
  const isState = headings.map((heading) => STATE_HEADINGS.includes(heading));
  return [
    format(headings, (text) => styled("heading", text)),
    ...cells.map((row) => format(row, (text, column) => (isState[column] ? toned(text) : text))),
  ].join("\n");
}

/** An id of ours or Stripe's, the name of a worker, or a local time. */
const WHOLE = /^([a-z]{2,5}_[0-9A-Za-z_]{6,}|[a-z]+-worker-[a-z0-9-]+|\d{4}-\d\d-\d\d \d\d:\d\d)$/;

/** The widths of the columns in `available` columns of a terminal; null if they do not fit. */
function fitted(natural: readonly number[], isWhole: readonly boolean[], available: number | null): number[] | null {
  const widths = [...natural];
  if (available === null) return widths;
  for (;;) {
    const excess = widths.reduce((sum, width) => sum + width + GAP, -GAP) - available;
    if (excess <= 0) return widths;
    const most = Math.max(...widths.map((width, column) => (isWhole[column] ? 0 : width)));
    if (most <= LEAST) return null;
    const widest = widths.findIndex((width, column) => width === most && !isWhole[column]);
    widths[widest] = Math.max(LEAST, most - Math.max(1, Math.min(excess, Math.ceil(most / 4))));
  }
}

const STATE_HEADINGS: readonly string[] = ["STATUS", "STATE", "Status", "State"];

/** The words for states that are fine, that need a look, and that are an end. */
const TONES: readonly (readonly [Style, RegExp])[] = [
  ["bad", /^(revoked|blocked|expired|failed|disputed|withdrawn|lost|removed|refused)\b/],
  ["careful", /^(suspended|yanked|held|pending|open|draft|outdated|disabled|past_due|in_grace)\b/],
  ["good", /^(active|published|ready|paid|delivered|complete|succeeded|enabled|up to date|in force|current)\b/],
];

const toned = (text: string): string => {
  const [style] = TONES.find(([, pattern]) => pattern.test(text)) ?? [];
  return style === undefined ? text : styled(style, text);
};

/** The columns of a table: by heading, the member of a row that it shows, or a function of the row. */
export type Columns<Row> = Readonly<Record<string, (keyof Row & string) | ((row: Row) => unknown)>>;

/** A table of records, one a line. */
export const formatRows = <Row>(rows: readonly Row[], columns: Columns<Row>): string =>
  formatTable(
    Object.keys(columns),
    rows.map((row) => Object.values(columns).map((show) => (typeof show === "string" ? row[show] : show(row)))),
  );

/**
 * One label and value a line, with the values aligned. A missing value is shown as "-". On a terminal, a value that is
 * too long goes on below itself.
 */
export function formatFields(fields: Readonly<Record<string, unknown>>): string {
  const indent = Math.max(...Object.keys(fields).map(columnsOf)) + GAP;
  const { width } = presentation();
  return Object.entries(fields)
    .map(([label, value]) => {
      const lines = wrapped(cell(value), width === null ? Number.POSITIVE_INFINITY : Math.max(20, width - indent));
      const [first = "", ...rest] = STATE_HEADINGS.includes(label) ? lines.map(toned) : lines;
      const name = styled("label", label) + " ".repeat(indent - columnsOf(label));
      return [name + first, ...rest.map((line) => " ".repeat(indent) + line)].join("\n");
    })
    .join("\n");
}

/** The text in lines of at most `columns`, broken at spaces. A longer word stays whole. */
function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && columnsOf(`${last} ${word}`) <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
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
  const isShown = terminal.isTTY && !presentation().quiet;
  return isShown ? drawBar(printable(name), total, terminal) : { update() {}, finish() {} };
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
  if (terminal.isTTY || total < WORTH_LINES || presentation().quiet) return startProgress(name, total, terminal);
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
