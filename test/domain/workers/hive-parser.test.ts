import { describe, expect, it } from "vitest";
import { workers } from "../../../src/domain/workers/workers.ts";
import { hiveSourceAction, parseAsHive } from "../../support/hive-parser.ts";

/** The model has to fail where hives fail, or it would prove nothing of our recipes. */
describe("the model of the hive's reader", () => {
  const recipe = (line: string) => parseAsHive(`pkgname=a\npkgver=1\npkgrel=1\n${line}\n`);

  it.each([
    ["a second line of an array", "depends=('a'\n'b')", ["('a'"]],
    ["something after an array", "depends=('a') # why", ["('a') # why"]],
    ["an element with a space", "depends=('a b')", ["'a", "b'"]],
    ["an addition to an array", "depends=('a')\ndepends+=('b')", ["a"]],
    ["a variable", 'depends=("$pkgname")', ["$pkgname"]],
    ["an assignment in another function", "prepare() {\ndepends=('wrong')\n}", ["wrong"]],
  ])("misreads %s as hives do", (_, line, depends) => {
    expect(recipe(line).arrays.get("depends")).toEqual(depends);
  });

  it("needs the first line of a function to itself, and balanced braces, strings included", () => {
    expect(recipe("build() { make\nmake install\n}").build).toBe("make install");
    expect(() => recipe('build() {\necho "{"\n}')).toThrow();
    expect(recipe('build() {\necho "}"\nmake\n}').build).toBe("");
  });

  it("crashes on a lone quote and refuses a recipe without its names", () => {
    expect(() => recipe('text="\nmore"')).toThrow("lone quote");
    expect(() => parseAsHive("pkgname=a\npkgver=1\n")).toThrow("pkgrel");
  });
});

describe.each(workers)("a hive reads the PKGBUILD of $id", (worker) => {
  const recipe = parseAsHive(worker.pkgbuild);

  it("as what .SRCINFO says", () => {
    expect(recipe.values.get("pkgname")).toBe(worker.id);
    expect(recipe.values.get("pkgver")).toBe(worker.version);
    expect(recipe.values.get("pkgdesc")).toBe(worker.description);
    expect(recipe.arrays.get("arch")).toEqual(worker.architectures);
    expect(recipe.arrays.get("license")).toEqual([worker.license]);
    expect(recipe.arrays.get("depends")).toEqual(worker.depends);
    expect(recipe.arrays.get("makedepends")).toEqual(worker.makedepends);
  });

  it("finds sources, clones free ones and leaves premium ones to build()", () => {
    const expected = worker.tier === "free" ? "clone" : "skip";
    // Hives in use know the generic array only; newer ones prefer that of their architecture.
    const own = worker.architectures.flatMap((name) => recipe.arrays.get(`source_${name}`) ?? []);
    const sources = [...(recipe.arrays.get("source") ?? []), ...own];
    expect(sources).toHaveLength(worker.tier === "free" ? 1 : 1 + worker.architectures.length);
    expect(new Set(sources.map(hiveSourceAction))).toEqual(new Set([expected]));
  });

  it("has both functions, whole, and none that would work only as a function", () => {
    expect(recipe.build?.split("\n").length).toBe(lineCount(worker.pkgbuild, "build"));
    expect(recipe.package?.split("\n").length).toBe(lineCount(worker.pkgbuild, "package"));
    expect(`${recipe.build}\n${recipe.package}`).not.toMatch(/^(local|return|declare)\b/m);
  });

  it("assigns only fields of .SRCINFO and the recipe's own variables", () => {
    const ours = [...recipe.values.keys()].filter((key) => !worker.srcinfo.includes(`${key} = `));
    expect(ours).toEqual(worker.tier === "free" ? [] : ["DLAGENTS"]);
  });
});

/** Lines between `name() {` and the `}` at the margin, as bash sees them. */
function lineCount(pkgbuild: string, name: string): number {
  const body = new RegExp(`^${name}\\(\\) \\{\\n([\\s\\S]*?)\\n\\}$`, "m").exec(pkgbuild)?.[1];
  return body?.split("\n").length ?? 0;
}
