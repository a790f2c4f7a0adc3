/**
 * The separation between two letters or digits of a text, by growing strength: none; characters that occur inside of a
 * credential or that nobody sees (hyphens, quotes, zero-width characters); a dot; blanks, line breaks; anything else.
 */
export const GAP = { none: 0, tight: 1, dot: 2, blank: 3, end: 4 } as const;

export type Gap = (typeof GAP)[keyof typeof GAP];

/** A letter or digit of a text, its place there, and its separation from the one before it. */
export type Sign = { char: string; start: number; end: number; gap: Gap };

/** Percent-encoded bytes, escapes as JSON and Node's messages have them, and all other characters one by one. */
const UNIT = /(?:%[0-9a-f]{2})+|\\u[0-9a-f]{4}|\\u\{[0-9a-f]{1,6}\}|\\x[0-9a-f]{2}|\\[nrtbfv0]|./gisu;

/** All beyond ASCII belongs here: it is unseen, a quote or hyphen of a word processor, or a slip of the keyboard. */
const TIGHT = /[\P{ASCII}\p{Cc}_"'`\\\-]/v;

/**
 * The letters and digits of a text in order. Encodings are undone, so that a credential is found although an editor, a
 * mail program, a URL or an error message has put something between or around its characters.
 */
export function signsOf(text: string): Sign[] {
  const signs: Sign[] = [];
  let gap: Gap = GAP.none;
  for (const { 0: unit, index: start } of text.matchAll(UNIT)) {
    const end = start + unit.length;
    for (const char of unit.length === 1 ? unit : decoded(unit)) {
      if (/[0-9A-Za-z]/.test(char)) {
        signs.push({ char, start, end, gap });
        gap = GAP.none;
      } else {
        gap = Math.max(gap, gapOf(char)) as Gap;
      }
    }
  }
  return signs;
}

function gapOf(char: string): Gap {
  // The `>` is before each line that a mail program quotes.
  if (/[\s+>]/.test(char) && char !== "\ufeff") return GAP.blank;
  if (TIGHT.test(char)) return GAP.tight;
  return char === "." ? GAP.dot : GAP.end;
}

/** The text of a percent-encoding or an escape; any other text unchanged. */
function decoded(unit: string): string {
  if (unit.startsWith("%")) {
    const bytes = unit.match(/[0-9a-f]{2}/gi) ?? [];
    return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 16)));
  }
  const code = /^\\[ux]\{?([0-9a-f]+)/i.exec(unit)?.[1];
  if (code !== undefined) return String.fromCodePoint(Math.min(Number.parseInt(code, 16), 0x10ffff));
  return unit.startsWith("\\") && unit.length === 2 ? "\n" : unit;
}

/** Whether nothing but tight gaps separates the signs after `from`, up to `to`. */
export const isTight = (signs: readonly Sign[], from: number, to: number): boolean =>
  signs.slice(from + 1, to).every(({ gap }) => gap <= GAP.tight);

/** The end of the run of signs from `from` that no gap wider than `widest` interrupts. */
export function endOfRun(signs: readonly Sign[], from: number, widest: Gap = GAP.tight): number {
  let end = from + 1;
  while (end < signs.length && (signs[end]?.gap ?? GAP.end) <= widest) end++;
  return Math.min(end, signs.length);
}

/** The letters and digits from `from` up to `to`. */
export const wordOf = (signs: readonly Sign[], from: number, to: number): string =>
  signs
    .slice(from, to)
    .map(({ char }) => char)
    .join("");
