import { describe, expect, it } from "vitest";
import {
  findings,
  freeClauseShare,
  functionFindings,
  LIMITS,
  linkFindings,
  pathFindings,
} from "../../../scripts/check/findings.ts";
import { anchorsOf, namedPaths, projectLinks } from "../../../scripts/check/links.ts";
import { docstringsOf, hasFreeClause, lineCount, longCommentLines, sentencesOf } from "../../../scripts/check/prose.ts";

const docstring = (text: string) => `/**\n * ${sentencesOf(text).join("\n * ")}\n */\nexport const x = 1;\n`;
const source = (text: string, path = "src/a.ts") => ({ path, text });

describe("docstringsOf", () => {
  it("joins the lines of a docstring without their stars", () => {
    expect(docstringsOf("  /**\n   * Reads a key.\n   *\n   * Throws if D1 fails.\n   */\nfunction f() {}")).toEqual([
      "Reads a key. Throws if D1 fails.",
    ]);
  });

  it("skips ordinary comments and a glob in a string", () => {
    expect(docstringsOf('/* who */\n// what\nconst glob = "src/**/*.ts"; // who */\n')).toEqual([]);
  });
});

it("sentencesOf splits after a full stop, a question mark and an exclamation mark", () => {
  expect(sentencesOf("One. Two? Three! See a.ts.")).toEqual(["One.", "Two?", "Three!", "See a.ts."]);
});

describe("hasFreeClause", () => {
  it.each(["Who holds it.", "Throws what D1 throws.", "Whoever asks waits.", "A key whose owner left."])(
    "is true of %j",
    (sentence) => expect(hasFreeClause(sentence)).toBe(true),
  );

  it.each(["Throws if D1 fails.", "Somewhat late.", "Reads the column `what`."])("is false of %j", (sentence) =>
    expect(hasFreeClause(sentence)).toBe(false),
  );
});

it("longCommentLines counts comment lines of every kind, and no code", () => {
  const long = "x".repeat(30);
  const text = [
    `// ${long}`,
    ` * ${long}`,
    `/* ${long}`,
    `# ${long}`,
    `const a = "${long}";`,
    `*) ${long} ;;`,
    "// short",
  ].join("\n");
  expect(longCommentLines(text, 30)).toEqual([1, 2, 3, 4]);
});

it("lineCount counts a last line with and without its line break", () => {
  expect([lineCount("a\nb\n"), lineCount("a\nb"), lineCount("a\n")]).toEqual([2, 2, 1]);
});

describe("findings", () => {
  it("is empty where every limit holds exactly", () => {
    const plain = docstring(`${"Reads. ".repeat(92)}${"Whose. ".repeat(8)}`);
    const comment = `// ${"x".repeat(LIMITS.commentLine - 3)}\n`;
    const lines = "\n".repeat(LIMITS.fileLines);
    expect(findings([source(plain), source(comment), source(lines)])).toEqual([]);
  });

  it("names the files with the most free clauses first", () => {
    const [finding = "", ...others] = findings([
      source(docstring("Whose it is."), "src/one.ts"),
      source(docstring("Who asks. What for."), "src/two.ts"),
    ]);
    expect(others).toEqual([]);
    expect(finding).toMatch(
      /^100\.0 % of the docstring sentences in src .*\n {2}src\/two\.ts: 2 of 2, .*\n {2}src\/one/,
    );
  });

  it("holds the docstrings of src alone to their limit", () => {
    const files = [source(docstring("Whose it is."), "test/one.test.ts")];
    expect([freeClauseShare(files), findings(files)]).toEqual([0, []]);
  });

  it("names every long comment line with its number", () => {
    const text = `const a = 1;\n// ${"x".repeat(LIMITS.commentLine)}\n`;
    expect(findings([source(text, "bench/a.ts")])).toEqual([
      "Comment lines over 120 characters; wrap them: 1\n  bench/a.ts:2",
    ]);
  });

  it("names a file that is too long with its number of lines", () => {
    expect(findings([source("\n".repeat(LIMITS.fileLines + 1), "src/a.css")])).toEqual([
      "Files over 300 lines; split them by theme: 1\n  src/a.css: 301",
    ]);
  });

  it("names twelve places at most, and says how many more there are", () => {
    const text = `// ${"x".repeat(LIMITS.commentLine)}\n`.repeat(15);
    const [finding = ""] = findings([source(text)]);
    expect(finding.split("\n")).toHaveLength(14);
    expect(finding).toMatch(/\n {2}and 3 more$/);
  });
});

describe("projectLinks", () => {
  it("lists links, pictures and attributes with their lines", () => {
    const text = '[a](a.md)\n```\n[code](none.md)\n```\n![b](b.webp) <img src="c.webp">\n';
    expect(projectLinks(text)).toEqual([
      { line: 1, target: "a.md" },
      { line: 5, target: "b.webp" },
      { line: 5, target: "c.webp" },
    ]);
  });

  it("skips other hosts", () => {
    expect(projectLinks("[a](https://a.test/b.md) [m](mailto:a@b.test) <http://localhost>")).toEqual([]);
  });
});

it("anchorsOf makes the anchors of GitHub", () => {
  const text = "# A `code` title\n## Erasing a person's data\n```sh\n# no heading\n```\n";
  expect([...anchorsOf(text)]).toEqual(["a-code-title", "erasing-a-persons-data"]);
});

describe("linkFindings", () => {
  const guide = (text: string) => [source(`# Title\n${text}`, "docs/a.md"), source("## Other", "README.md")];
  const paths = new Set(["docs/a.md", "README.md", "src/a.ts"]);

  it("is empty where every link has its file and heading", () => {
    expect(linkFindings(guide("[a](#title) [b](../README.md#other) [c](../src/a.ts)"), paths)).toEqual([]);
  });

  it.each(["b.md", "#other", "../README.md#title", "../src/a.ts#x"])("names the broken link %s", (target) => {
    expect(linkFindings(guide(`[a](${target})`), paths)).toEqual([
      `Links that lead to no file or heading: 1\n  docs/a.md:2: ${target}`,
    ]);
  });
});

describe("namedPaths", () => {
  it("lists files by their ending, and files and folders between backticks", () => {
    const text = "See src/cron.ts, and\n`src/web/page/` or `test/support/x`.";
    expect(namedPaths(text)).toEqual([
      { line: 1, target: "src/cron.ts" },
      { line: 2, target: "src/web/page" },
      { line: 2, target: "test/support/x" },
    ]);
  });

  it.each(["`src/*/routes.ts`", "`pkgbuilds/<recipe>.PKGBUILD`", "/docs/style.css", "a/src/x.ts", "src/anything"])(
    "does not list %s",
    (text) => expect(namedPaths(text)).toEqual([]),
  );
});

it("pathFindings names guides and comments that name a missing file, and no code", () => {
  const code = '// See src/gone.ts.\nconst path = "src/none.ts";\n';
  const files = [source(code), source("See src/a.ts and `src/gone/`.", "docs/a.md")];
  expect(pathFindings(files, new Set(["src/a.ts"]))).toEqual([
    "Guides and comments that name a missing file: 2\n  src/a.ts:1: src/gone.ts\n  docs/a.md:1: src/gone",
  ]);
  expect(pathFindings(files, new Set(["src/a.ts", "src/gone.ts", "src/gone"]))).toEqual([]);
});

it("functionFindings names functions that the code does not have", () => {
  const guides = [
    source("`takeSeat` and `change()` work.\nNot `publishNow()`, `npm`, `Grant` or `is_kept`.", "docs/a.md"),
  ];
  const code = [source("export function takeSeat() {}\nexport const change = 1;\n")];
  expect(functionFindings(guides, code)).toEqual([
    "Functions that a guide names and the code does not have: 1\n  docs/a.md:2: publishNow",
  ]);
});
