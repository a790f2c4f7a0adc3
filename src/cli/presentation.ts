/** How the text of a run is shown. */
export type Presentation = {
  /** The columns of the terminal; null: the text goes to a pipe or file, where nothing is shortened. */
  width: number | null;
  /** Whether results and messages have colors. */
  colors: { stdout: boolean; stderr: boolean };
  /** The time zone of times (IANA). Null: they are RFC 3339 in UTC, as scripts have read them. */
  timeZone: string | null;
  /** Whether remarks and progress are left out. */
  quiet: boolean;
};

const PLAIN: Presentation = {
  width: null,
  colors: { stdout: false, stderr: false },
  timeZone: null,
  quiet: false,
};

let current = PLAIN;

/** The presentation of the current run. A process has one run, and tests run one after the other. */
export const presentation = (): Presentation => current;

/** Sets the presentation of the run that begins; without one, the plain one. */
export const setPresentation = (wanted: Partial<Presentation> = {}): void => {
  current = { ...PLAIN, ...wanted };
};

/** A stream of the process, as far as the presentation depends on it. */
type Stream = { isTTY?: boolean; columns?: number };

/**
 * The presentation for the streams of a process. Colors follow NO_COLOR (no-color.org: set and not empty turns them
 * off), FORCE_COLOR (set and not 0 turns them on in a pipe, too), and TERM=dumb.
 */
export function presentationFor(
  env: NodeJS.ProcessEnv,
  { stdout, stderr }: { stdout: Stream; stderr: Stream },
): Omit<Presentation, "quiet"> {
  const isTerminal = stdout.isTTY === true;
  return {
    width: isTerminal ? (stdout.columns ?? null) : null,
    colors: { stdout: hasColors(env, stdout), stderr: hasColors(env, stderr) },
    timeZone: isTerminal ? new Intl.DateTimeFormat().resolvedOptions().timeZone : null,
  };
}

function hasColors(env: NodeJS.ProcessEnv, stream: Stream): boolean {
  if (env["NO_COLOR"]) return false;
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  return stream.isTTY === true && env["TERM"] !== "dumb";
}

const TIME = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z/g;

/** The text with its times in UTC as those of the time zone (`2026-12-12 11:00`), if the presentation names one. */
export function withTimes(text: string): string {
  const { timeZone } = current;
  if (timeZone === null) return text;
  // The Swedish form of a date is that of ISO 8601.
  const format = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short", timeZone });
  return text.replace(TIME, (time) => (Number.isNaN(Date.parse(time)) ? time : format.format(new Date(time))));
}

/** The styles of a text. */
export type Style = "heading" | "label" | "good" | "careful" | "bad";

const CODES: Readonly<Record<Style, number>> = { heading: 1, label: 2, good: 32, careful: 33, bad: 31 };
const STYLES = Object.keys(CODES);

/**
 * Characters that mark styles until the output is safe: Unicode noncharacters, which no text needs. `cleaned` removes
 * them from texts of others, so that only this command colors its output.
 */
const FIRST_MARK = 0xfdd0;
const END_MARK = String.fromCharCode(FIRST_MARK + STYLES.length);
const MARKS = /[\uFDD0-\uFDEF]/g;

/** Marks a text with a style, for `painted`, if the presentation has colors. */
export const styled = (style: Style, text: string): string =>
  text === "" || !(current.colors.stdout || current.colors.stderr)
    ? text
    : `${String.fromCharCode(FIRST_MARK + STYLES.indexOf(style))}${text}${END_MARK}`;

/** A text of others without the characters that mark styles. */
export const cleaned = (text: string): string => text.replace(MARKS, "?");

/** A JSON text in which such characters are escapes, so that it keeps its meaning. */
export const withEscapedMarks = (json: string): string =>
  json.replace(MARKS, (mark) => `\\u${mark.charCodeAt(0).toString(16)}`);

/** Turns the marks of styles into the sequences of a terminal (ECMA-48), or removes them. */
export const painted = (text: string, hasColor: boolean): string =>
  text.replace(MARKS, (mark) => {
    if (!hasColor) return "";
    const code = Object.values(CODES)[mark.charCodeAt(0) - FIRST_MARK];
    return code === undefined ? "\x1b[0m" : `\x1b[${code}m`;
  });

const WIDE =
  /[\p{Extended_Pictographic}\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]/u;
const NARROW = /^[\x20-\x7E]*$/;

/** The columns of a terminal that a text takes: two for a wide character, none for a mark over another. */
export function columnsOf(text: string): number {
  if (NARROW.test(text)) return text.length;
  let columns = 0;
  for (const character of text) {
    if (/\p{M}|[\u200B-\u200D]|[\uFDD0-\uFDEF]/u.test(character)) continue;
    columns += WIDE.test(character) ? 2 : 1;
  }
  return columns;
}

/** The text in at most so many columns, with an ellipsis at its end if something is left out. */
export function shortened(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let kept = "";
  for (const character of text) {
    if (columnsOf(kept + character) > columns - 1) break;
    kept += character;
  }
  return `${kept.trimEnd()}…`;
}
