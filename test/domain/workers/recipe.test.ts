import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSrcinfo, readRecipe } from "../../../src/domain/workers/recipe.ts";
import { workers } from "../../../src/domain/workers/workers.ts";
import { recipeFacts } from "../../support/recipe-facts.ts";

describe("parseSrcinfo", () => {
  it("returns the written fields in order", () => {
    const value = fc.stringMatching(/^[!-~]([ -~]*[!-~])?$/);
    const field = fc.tuple(fc.constantFrom("arch", "depends", "source", "sha256sums_x86_64"), value);
    fc.assert(
      fc.property(fc.array(field), (fields) => {
        const lines = fields.map(([key, text]) => `\t${key} = ${text}`);
        const parsed = parseSrcinfo(["pkgbase = a", ...lines, "", "pkgname = a", ""].join("\n"));
        if (!parsed.ok) throw new Error(parsed.error);
        const read = [...parsed.value].filter(([key]) => !key.startsWith("pkg"));
        expect(read).toEqual(
          [...Map.groupBy(fields, ([key]) => key)].map(([key, own]) => [key, own.map(([, text]) => text)]),
        );
      }),
    );
  });

  it.each([
    ["a line of another form", "pkgbase = a\npkgname: a\n", "line 2"],
    ["two packages", "pkgbase = a\npkgname = a\npkgname = b\n", "one package"],
    ["a package of another base", "pkgbase = a\npkgname = b\n", "one package"],
    ["nothing", "", "one package"],
  ])("refuses %s", (_, text, reason) => {
    expect(parseSrcinfo(text)).toEqual({ ok: false, error: expect.stringContaining(reason) });
  });

  it("never throws", () => {
    fc.assert(fc.property(fc.string(), (text) => typeof parseSrcinfo(text).ok === "boolean"));
  });
});

describe("readRecipe", () => {
  const pkgbuild = 'package() {\n  install a "$pkgdir/usr/local/bin/$pkgname"\n}\n';
  const srcinfo = "pkgbase = a\n pkgver = 1\n pkgdesc = A\n source = S\npkgname = a\n";
  const sourceOf = (source: string) => {
    const recipe = readRecipe(pkgbuild, srcinfo.replace("S", source));
    return recipe.ok ? recipe.value.source : recipe.error;
  };

  it("knows the forms of a source", () => {
    expect(sourceOf("git+https://a.test/r.git")).toEqual({ type: "git", url: "https://a.test/r.git" });
    expect(sourceOf("n::git+https://a.test/r#tag=v1")).toEqual({ type: "git", url: "https://a.test/r", tag: "v1" });
    expect(sourceOf("git+https://a.test:443/r.git#branch=b")).toMatchObject({ url: "https://a.test/r.git" });
    expect(sourceOf("git+https://a.test:8443/r.git")).toMatchObject({ url: "https://a.test:8443/r.git" });
    expect(sourceOf("n::https://a.test/f")).toEqual({ type: "tarball", url: "https://a.test/f" });
  });

  it("reads the fields that .SRCINFO does not have from the functions", () => {
    const built = readRecipe(`build() {\n  cargo build --features a,b --locked\n}\n${pkgbuild}`, srcinfo);
    expect(built).toMatchObject({
      ok: true,
      value: { build: { features: ["a", "b"], profile: "dev", flags: ["--locked"] }, installPath: "/usr/local/bin/a" },
    });
    expect(readRecipe(pkgbuild, srcinfo)).toMatchObject({ value: { build: {} } });
  });

  it("reads the program that package() installs under the worker's name", () => {
    const installing = (program: string) =>
      readRecipe(
        `package() {\n  install "$srcdir/r/target/release/${program}" "$pkgdir/usr/local/bin/$pkgname"\n}\n`,
        srcinfo,
      );
    expect(installing("$pkgname")).toMatchObject({ value: { builtProgram: "a" } });
    expect(installing("b")).toMatchObject({ value: { builtProgram: "b" } });
    expect(readRecipe(pkgbuild, srcinfo)).toMatchObject({ value: { builtProgram: null } });
  });

  it.each(["pkgver", "pkgdesc", "source"])("refuses a .SRCINFO without %s", (field) => {
    expect(readRecipe(pkgbuild, srcinfo.replace(new RegExp(` ${field} = .*\n`), "")).ok).toBe(false);
  });

  it("refuses a PKGBUILD that installs nothing", () => {
    expect(readRecipe("package() {\n  :\n}\n", srcinfo).ok).toBe(false);
  });
});

/** The drift test that needs no makepkg; test/tools/makepkg-srcinfo.test.ts compares with the real one. */
it.each(workers)("the .SRCINFO of $id equals the PKGBUILD", (worker) => {
  const { pkgbuild, srcinfo } = recipeFacts(worker);
  expect(srcinfo).toEqual(pkgbuild);
});
