import { docstringsOf, hasFreeClause, lineCount, longCommentLines, sentencesOf } from "./prose.ts";

/** A file of the project: its path from the root, with `/`, and its text. */
export type SourceFile = { path: string; text: string };

export const LIMITS = {
  /** The largest share of docstring sentences in `src` that may have a free clause. */
  freeClauses: 0.08,
  /** The longest comment line, in characters. */
  commentLine: 120,
  /** The longest source file, in lines. */
  fileLines: 300,
};

/** How many files a message names. */
const WORST = 12;

/** Returns one message for each limit that the files break: none if all holds. */
export function findings(files: readonly SourceFile[]): string[] {
  return [...freeClauseFinding(files), ...longCommentFinding(files), ...longFileFinding(files)];
}

/** The share of docstring sentences in `src` with a free clause, from 0 to 1. */
export function freeClauseShare(files: readonly SourceFile[]): number {
  const counts = files.filter(({ path }) => path.startsWith("src/")).map(countSentences);
  const all = counts.reduce((sum, { all }) => sum + all, 0);
  return all === 0 ? 0 : counts.reduce((sum, { free }) => sum + free.length, 0) / all;
}

function countSentences({ path, text }: SourceFile) {
  const sentences = docstringsOf(text).flatMap(sentencesOf);
  return { path, all: sentences.length, free: sentences.filter(hasFreeClause) };
}

function freeClauseFinding(files: readonly SourceFile[]): string[] {
  const share = freeClauseShare(files);
  if (share <= LIMITS.freeClauses) return [];
  const worst = files
    .filter(({ path }) => path.startsWith("src/"))
    .map(countSentences)
    .filter(({ free }) => free.length > 0)
    .sort((a, b) => b.free.length - a.free.length)
    .slice(0, WORST)
    .map(({ path, all, free }) => `  ${path}: ${free.length} of ${all}, first: ${free[0]}`);
  return [
    `${percent(share)} of the docstring sentences in src contain who, whose, what, whoever or whatever; at most ` +
      `${percent(LIMITS.freeClauses)} may. Name the actor instead (CONTRIBUTING.md, "Plain English").\n${worst.join("\n")}`,
  ];
}

function longCommentFinding(files: readonly SourceFile[]): string[] {
  const places = files.flatMap(({ path, text }) =>
    longCommentLines(text, LIMITS.commentLine).map((line) => `  ${path}:${line}`),
  );
  if (places.length === 0) return [];
  return [
    `${places.length} comment lines are longer than ${LIMITS.commentLine} characters. Wrap them.\n${firstOf(places)}`,
  ];
}

function longFileFinding(files: readonly SourceFile[]): string[] {
  const long = files
    .map(({ path, text }) => ({ path, lines: lineCount(text) }))
    .filter(({ lines }) => lines > LIMITS.fileLines)
    .sort((a, b) => b.lines - a.lines)
    .map(({ path, lines }) => `  ${path}: ${lines}`);
  if (long.length === 0) return [];
  return [`${long.length} files have more than ${LIMITS.fileLines} lines. Split them by theme.\n${firstOf(long)}`];
}

function firstOf(lines: readonly string[]): string {
  const rest = lines.length - WORST;
  return [...lines.slice(0, WORST), ...(rest > 0 ? [`  and ${rest} more`] : [])].join("\n");
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
