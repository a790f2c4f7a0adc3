import { describe, expect, it } from "vitest";
import { findings, freeClauseShare, LIMITS } from "../../../scripts/check/findings.ts";
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
  const text = [`// ${long}`, ` * ${long}`, `/* ${long}`, `# ${long}`, `const a = "${long}";`, "// short"].join("\n");
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
      "1 comment lines are longer than 120 characters. Wrap them.\n  bench/a.ts:2",
    ]);
  });

  it("names a file that is too long with its number of lines", () => {
    expect(findings([source("\n".repeat(LIMITS.fileLines + 1), "src/a.css")])).toEqual([
      "1 files have more than 300 lines. Split them by theme.\n  src/a.css: 301",
    ]);
  });

  it("names twelve places at most, and says how many more there are", () => {
    const text = `// ${"x".repeat(LIMITS.commentLine)}\n`.repeat(15);
    const [finding = ""] = findings([source(text)]);
    expect(finding.split("\n")).toHaveLength(14);
    expect(finding).toMatch(/\n {2}and 3 more$/);
  });
});
