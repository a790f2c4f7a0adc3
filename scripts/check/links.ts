/** A link of a Markdown file: its number of line, from 1, and its target as written. */
export type Link = { line: number; target: string };

/** The links and pictures of a Markdown text that lead to files or headings of the project: none to other hosts. */
export function projectLinks(text: string): Link[] {
  return withoutCode(text)
    .split("\n")
    .flatMap((content, index) =>
      [...content.matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)].map(([, link, attribute]) => ({
        line: index + 1,
        target: link ?? attribute ?? "",
      })),
    )
    .filter(({ target }) => !/^[a-z]+:/.test(target));
}

/** The files and folders that a guide or a comment names by their path, with their lines. Skips patterns. */
export function namedPaths(text: string): Link[] {
  return text.split("\n").flatMap((content, index) =>
    [...content.matchAll(NAMED_PATH)].map(([, target = ""]) => ({
      line: index + 1,
      target: target.replace(/\/$/, ""),
    })),
  );
}

/** A path with a file's ending, or between backticks, that no `*`, `<` or `{` makes a pattern. */
const NAMED_PATH =
  /(?<![\w./-])((?:src|test|scripts|bench|docs|keys|migrations|pkgbuilds)\/(?:[\w./-]+\.(?:tsx?|js|md|toml|sql|sh|css|pub|jwks\.json|PKGBUILD)\b|[\w./-]*(?=`)))(?![\w*<{])/g;

/** The functions that a guide names between backticks, in camel case, with their lines: `takeSeat`, `change()`. */
export function namedFunctions(text: string): Link[] {
  return text.split("\n").flatMap((content, index) =>
    [...content.matchAll(/`([a-z]+(?:[A-Z][A-Za-z0-9]*(?:\(\))?|\(\)))`/g)].map(([, target = ""]) => ({
      line: index + 1,
      target: target.replace("()", ""),
    })),
  );
}

/** The anchors that GitHub gives a Markdown text's headings: lower case, blanks as hyphens, no punctuation. */
export function anchorsOf(text: string): Set<string> {
  const headings = withoutCode(text).matchAll(/^#{1,6} (.+)$/gm);
  return new Set(
    [...headings].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

/** Blanks the lines of fenced code, so that line numbers stay. */
function withoutCode(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```/gm, (code) => code.replaceAll(/[^\n]/g, ""));
}
