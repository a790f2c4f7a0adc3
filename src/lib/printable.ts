/**
 * The characters that do harm in a terminal, a log or a mail because nobody sees them: control characters (C0, C1),
 * separators of lines (U+2028, U+2029), lone surrogates, and the characters that Unicode draws as nothing (zero-width
 * spaces, soft hyphens, directions of writing, tags, the supplement of variation selectors). The joiners stay, because
 * Persian, Hindi and emoji need them, and the variation selectors of emoji and of Mongolian.
 */
const UNSEEN = /[[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{DI}\uFFF9-\uFFFB]--[\u200C\u200D\uFE00-\uFE0F\u180B-\u180D\u180F]]/gv;

/**
 * A text from outside (a machine's name, a note), safe to show in one line of a terminal. It replaces each character
 * that nobody sees by a question mark.
 */
export const printable = (text: string): string => text.replaceAll(UNSEEN, "?");

/** Like `printable`, for several lines: line feeds and tabs stay, and a line end of Windows becomes a line feed. */
export const printableLines = (text: string): string =>
  text
    .replaceAll("\r\n", "\n")
    .replaceAll(UNSEEN, (character) => (character === "\n" || character === "\t" ? character : "?"));

/**
 * A JSON text with an escape (`\u009b`) for each character that nobody sees. It stays the same JSON: inside strings an
 * escape means the character, and outside of them line feeds stay. `json` must be the result of `JSON.stringify`.
 */
export const printableJson = (json: string): string =>
  json.replaceAll(UNSEEN, (character) =>
    character === "\n"
      ? character
      : Array.from({ length: character.length }, (_, index) => escapeOf(character.charCodeAt(index))).join(""),
  );

const escapeOf = (unit: number): string => `\\u${unit.toString(16).padStart(4, "0")}`;
