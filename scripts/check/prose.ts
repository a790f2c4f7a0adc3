/** Words of clauses that do not name the actor, as in "who holds it" or "what was cut". */
const FREE_CLAUSE = /\b(who|whom|whose|whoever|what|whatever)\b/i;

/** A line that is a comment and nothing else, in TypeScript, CSS, shell, Ruby and TOML. */
const COMMENT_LINE = /^\s*(\/\/|\/\*|\*(?=[\s/]|$)|#)/;

/** The texts of the docstrings (`/** ... *\/`) that begin on a line of their own, without their stars. */
export function docstringsOf(source: string): string[] {
  return [...source.matchAll(/^[ \t]*\/\*\*([\s\S]*?)\*\//gm)].map(([, text = ""]) =>
    text
      .replaceAll(/^[ \t]*\*[ \t]?/gm, " ")
      .replaceAll(/\s+/g, " ")
      .trim(),
  );
}

/** Splits a text after each `.`, `!` or `?` before a blank. It also splits after an abbreviation. */
export function sentencesOf(text: string): string[] {
  return text.split(/(?<=[.!?])\s+/).filter(Boolean);
}

/** Whether a sentence contains a word of `FREE_CLAUSE`. Code between backticks does not count. */
export function hasFreeClause(sentence: string): boolean {
  return FREE_CLAUSE.test(sentence.replaceAll(/`[^`]*`/g, ""));
}

/** The text with every line blanked that is no comment line, so that line numbers stay. */
export function commentsOf(source: string): string {
  return source
    .split("\n")
    .map((line) => (COMMENT_LINE.test(line) ? line : ""))
    .join("\n");
}

/** The numbers (from 1) of the comment lines that are longer than `limit` characters. */
export function longCommentLines(source: string, limit: number): number[] {
  return source
    .split("\n")
    .flatMap((line, index) => (COMMENT_LINE.test(line) && line.length > limit ? [index + 1] : []));
}

/** How many lines a file has. */
export function lineCount(source: string): number {
  return source.split("\n").length - (source.endsWith("\n") ? 1 : 0);
}
