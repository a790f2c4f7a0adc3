import { printable } from "../../lib/printable.ts";
import type { AnyFinding } from "./inside.ts";

const LABELS = { ok: "ok", warning: "warning", failed: "FAILED", unknown: "unknown" } as const;

/** Width of the labels and of the names of checks, in characters. */
const LABEL = 9;
const NAME = 19;

/** The widths of a report, in characters: of an unknown terminal, and the least and the greatest. */
const USUAL = 80;
const NARROW = 60;
const WIDE = 120;

/** The width to use in a terminal with `columns`; undefined: no terminal. */
export const widthOf = (columns: number | undefined): number => Math.min(WIDE, Math.max(NARROW, columns ?? USUAL));

/** A finding a line, wrapped at `width`; below one that does not pass, its remedy. */
export const formatFindings = (findings: readonly AnyFinding[], width: number): string =>
  findings.map((finding) => formatFinding(finding, width)).join("\n");

function formatFinding({ check, status, detail, remedy }: AnyFinding, width: number): string {
  const indent = " ".repeat(LABEL + NAME);
  const head = LABELS[status].padEnd(LABEL) + check.padEnd(NAME);
  const lines = wrap(printable(detail), width - indent.length);
  const remedies = remedy === null ? [] : wrap(printable(remedy), width - indent.length - 2);
  return [
    ...lines.map((line, index) => (index === 0 ? head : indent) + line),
    ...remedies.map((line, index) => indent + (index === 0 ? "> " : "  ") + line),
  ].join("\n");
}

/** The text in lines of at most `width` characters. A longer word has a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
