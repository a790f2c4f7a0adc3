import { posix } from "node:path";
import { anchorsOf, namedFunctions, namedPaths, projectLinks } from "./links.ts";
import { commentsOf, docstringsOf, hasFreeClause, lineCount, longCommentLines, sentencesOf } from "./prose.ts";

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

/** Returns a message if a link of `guides` leads to no path in `paths`, or to no heading of another guide. */
export function linkFindings(guides: readonly SourceFile[], paths: ReadonlySet<string>): string[] {
  const anchors = new Map(guides.map(({ path, text }) => [path, anchorsOf(text)]));
  const broken = guides.flatMap(({ path, text }) =>
    projectLinks(text)
      .filter(({ target }) => {
        const [file = "", anchor] = target.split("#");
        const linked = file === "" ? path : posix.join(posix.dirname(path), file);
        return !paths.has(linked) || (anchor !== undefined && !anchors.get(linked)?.has(anchor));
      })
      .map(({ line, target }) => `  ${path}:${line}: ${target}`),
  );
  if (broken.length === 0) return [];
  return [`Links that lead to no file or heading: ${broken.length}\n${firstOf(broken)}`];
}

/** The share of docstring sentences in `src` with a free clause, from 0 to 1. */
export function freeClauseShare(files: readonly SourceFile[]): number {
  const counts = files.filter(({ path }) => path.startsWith("src/")).map(countSentences);
  const all = counts.reduce((sum, { all }) => sum + all, 0);
  return all === 0 ? 0 : counts.reduce((sum, { free }) => sum + free.length, 0) / all;
}

/** Returns a message if a guide, or a comment in another file, names a path of the project that is not in `paths`. */
export function pathFindings(files: readonly SourceFile[], paths: ReadonlySet<string>): string[] {
  const missing = files.flatMap(({ path, text }) =>
    namedPaths(path.endsWith(".md") ? text : commentsOf(text))
      .filter(({ target }) => !paths.has(target))
      .map(({ line, target }) => `  ${path}:${line}: ${target}`),
  );
  if (missing.length === 0) return [];
  return [`Guides and comments that name a missing file: ${missing.length}\n${firstOf(missing)}`];
}

/** Returns a message if a guide names a function that no file of `code` contains. */
export function functionFindings(guides: readonly SourceFile[], code: readonly SourceFile[]): string[] {
  const words = new Set(code.flatMap(({ text }) => text.match(/\w+/g) ?? []));
  const missing = guides.flatMap(({ path, text }) =>
    namedFunctions(text)
      .filter(({ target }) => !words.has(target))
      .map(({ line, target }) => `  ${path}:${line}: ${target}`),
  );
  if (missing.length === 0) return [];
  return [`Functions that a guide names and the code does not have: ${missing.length}\n${firstOf(missing)}`];
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
  return [`Comment lines over ${LIMITS.commentLine} characters; wrap them: ${places.length}\n${firstOf(places)}`];
}

function longFileFinding(files: readonly SourceFile[]): string[] {
  const long = files
    .map(({ path, text }) => ({ path, lines: lineCount(text) }))
    .filter(({ lines }) => lines > LIMITS.fileLines)
    .sort((a, b) => b.lines - a.lines)
    .map(({ path, lines }) => `  ${path}: ${lines}`);
  if (long.length === 0) return [];
  return [`Files over ${LIMITS.fileLines} lines; split them by theme: ${long.length}\n${firstOf(long)}`];
}

function firstOf(lines: readonly string[]): string {
  const rest = lines.length - WORST;
  return [...lines.slice(0, WORST), ...(rest > 0 ? [`  and ${rest} more`] : [])].join("\n");
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
