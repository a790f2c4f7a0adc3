import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AurPackage, aurPackage } from "../../../src/formats/aur/package.ts";
import { answerRpc, argumentsOf, type RpcAnswer } from "../../../src/formats/aur/rpc.ts";
import type { RepositoryRecord } from "../../../src/formats/git/record.ts";

const record = (srcinfo: string): RepositoryRecord => ({
  seq: 2,
  head: "0".repeat(40),
  pack: "0".repeat(40),
  first_at: 1_700_000_000,
  last_at: 1_700_000_900,
  files: { ".SRCINFO": srcinfo, PKGBUILD: "" },
});

const srcinfo = (name: string, fields: string[]) =>
  [`pkgbase = ${name}`, ...fields.map((field) => `\t${field}`), "", `pkgname = ${name}`, ""].join("\n");

const made = (name: string, fields: string[]): AurPackage => {
  const one = aurPackage(name, record(srcinfo(name, ["pkgver = 1.2.0", "pkgrel = 3", ...fields])));
  if (!one) throw new Error("the .SRCINFO is well-formed");
  return one;
};

const cpu = made("llm-worker-rbee-cpu", [
  "pkgdesc = An LLM worker for any CPU",
  "url = https://rbee.dev",
  "license = GPL-3.0-or-later",
  "makedepends = rust>=1.80",
  "depends_x86_64 = openblas",
  "depends = gcc-libs",
  "depends_aarch64 = openblas",
  "depends_aarch64 = libarm",
  "optdepends = vulkan-tools: to see what there is",
  "provides = llm-worker=1",
  "conflicts = llm-worker-git",
  "replaces = old-worker",
  "groups = rbee",
]);
const cuda = made("llm-worker-rbee-cuda", ["pkgdesc = For NVIDIA"]);
const packages = [cpu, cuda];

const ask = (query: Partial<Parameters<typeof answerRpc>[1]>): RpcAnswer =>
  answerRpc(packages, { v: "5", type: null, by: null, args: [], callback: null, ...query });
const namesOf = (answer: RpcAnswer): string[] =>
  Array.isArray(answer) ? answer : answer.results.map(({ Name }) => Name);
const search = (by: string | null, ...args: string[]) => namesOf(ask({ type: "search", by, args }));

describe("a package of the AUR", () => {
  it("has the fields of its .SRCINFO, with the arrays of all architectures merged", () => {
    expect(cpu).toMatchObject({
      Name: "llm-worker-rbee-cpu",
      PackageBase: "llm-worker-rbee-cpu",
      Version: "1.2.0-3",
      Description: "An LLM worker for any CPU",
      URL: "https://rbee.dev",
      URLPath: "/cgit/aur.git/snapshot/llm-worker-rbee-cpu.tar.gz",
      FirstSubmitted: 1_700_000_000,
      LastModified: 1_700_000_900,
      OutOfDate: null,
      Depends: ["gcc-libs", "libarm", "openblas"],
      MakeDepends: ["rust>=1.80"],
      License: ["GPL-3.0-or-later"],
      Keywords: ["llm", "text-generation", "chat", "candle", "cpu", "free"],
    });
    expect(cuda).toMatchObject({ Depends: [], Groups: [], URL: null });
  });

  it("has its own number within signed 32 bits", () => {
    expect(cpu.ID).not.toBe(cuda.ID);
    for (const { ID } of packages) expect(ID).toBeLessThan(2 ** 31);
    expect(made("llm-worker-rbee-cpu", []).ID).toBe(cpu.ID);
  });

  it("is null without a .SRCINFO", () => {
    expect(aurPackage("x", { ...record(""), files: {} })).toBe(null);
  });
});

describe("the RPC interface", () => {
  it("answers every requested package, and no other", () => {
    const args = ["llm-worker-rbee-cuda", "gcc-libs", "llm-worker-rbee-cpu"];
    expect(ask({ type: "info", args })).toEqual({
      version: 5,
      type: "multiinfo",
      resultcount: 2,
      results: [cpu, cuda],
    });
    expect(ask({ type: "multiinfo", args: ["no-such-package"] })).toEqual({
      version: 5,
      type: "multiinfo",
      resultcount: 0,
      results: [],
    });
  });

  it.each([
    [null, "CUDA"],
    ["name-desc", "nvidia"],
    ["name", "rbee-cuda"],
  ])("finds a part of the name or description (by %s: %s)", (by, arg) => {
    expect(search(by, arg)).toEqual(["llm-worker-rbee-cuda"]);
  });

  it("searches for the last of several arguments", () => {
    expect(search("name", "rbee-cpu", "rbee-cuda")).toEqual(["llm-worker-rbee-cuda"]);
  });

  it("ignores descriptions in a search by name", () => {
    expect(search("name", "nvidia")).toEqual([]);
  });

  it.each([
    ["depends", "openblas"],
    ["makedepends", "rust"],
    ["optdepends", "vulkan-tools"],
    ["provides", "llm-worker"],
    ["provides", "llm-worker-rbee-cpu"],
    ["conflicts", "llm-worker-git"],
    ["replaces", "old-worker"],
    ["groups", "rbee"],
    ["keywords", "CPU"],
  ])("finds by %s the whole name %s, with any version or description", (by, arg) => {
    expect(search(by, arg)).toEqual(["llm-worker-rbee-cpu"]);
    expect(search(by, `${arg}x`)).toEqual([]);
    expect(search(by, arg.slice(0, -1))).toEqual([]);
  });

  it("knows one maintainer, and no package without one", () => {
    for (const by of ["maintainer", "submitter"]) expect(search(by, "rbee")).toHaveLength(2);
    expect(ask({ type: "msearch", args: ["rbee"] })).toMatchObject({ type: "msearch", resultcount: 2 });
    expect(ask({ type: "search", by: "maintainer" })).toMatchObject({ type: "search", resultcount: 0 });
    expect(search("comaintainers", "rbee")).toEqual([]);
  });

  it("answers a search with the AUR's fields only", () => {
    const answer = ask({ type: "search", args: ["cpu"] });
    expect(Array.isArray(answer) ? [] : Object.keys(answer.results[0] ?? {}).sort()).toEqual(
      [
        ["ID", "Name", "PackageBaseID", "PackageBase", "Version", "Description", "URL", "URLPath", "NumVotes"],
        ["Popularity", "OutOfDate", "Maintainer", "FirstSubmitted", "LastModified"],
      ]
        .flat()
        .sort(),
    );
  });

  it("counts the arguments as aurweb does: a last arg alone, or the arg[] after it", () => {
    const of = (query: string) => argumentsOf(new URLSearchParams(query));
    expect(of("arg[]=a&arg[]=b")).toEqual(["a", "b"]);
    expect(of("arg=a&arg=b")).toEqual(["b"]);
    expect(of("arg[]=a&arg=b")).toEqual(["b"]);
    expect(of("arg=a&arg[]=b&by=name&arg[]=c")).toEqual(["b", "c"]);
    expect(of("v=5&args=a")).toEqual([]);
  });

  it("refuses JSONP, because a script from this origin could act in the console", () => {
    const answer = ask({ type: "info", args: ["llm-worker-rbee-cpu"], callback: "show" });
    expect(answer).toMatchObject({ type: "error", error: "Callbacks are not supported. Read the JSON.", results: [] });
    expect(ask({ type: "info", args: ["llm-worker-rbee-cpu"], callback: "" })).toMatchObject({ resultcount: 1 });
  });

  it("suggests names with the given beginning", () => {
    expect(ask({ type: "suggest", args: ["llm-worker-rbee-cu"] })).toEqual(["llm-worker-rbee-cuda"]);
    expect(ask({ type: "suggest-pkgbase", args: ["LLM"] })).toHaveLength(2);
    expect(ask({ type: "suggest" })).toEqual([]);
  });

  it.each([
    [{ v: null }, "Please specify an API version."],
    [{ v: "6", type: "info" }, "Invalid version specified."],
    [{ type: "search", by: "votes", args: ["cpu"] }, "Incorrect by field specified."],
    [{ type: "search", by: "constructor", args: ["cpu"] }, "Incorrect by field specified."],
    [{}, "No request type/data specified."],
    [{ type: "info" }, "No request type/data specified."],
    [{ type: "search" }, "No request type/data specified."],
    [{ type: "delete", args: ["cpu"] }, "Incorrect request type specified."],
    [{ type: "search", args: ["c"] }, "Query arg too small."],
    [{ v: "five", type: "info" }, "Invalid version specified."],
  ])("answers %o with the AUR's error", (query, error) => {
    const asked = (query as { v?: string | null }).v;
    const version = asked === null || asked === "five" ? null : Number(asked ?? 5);
    expect(ask(query)).toEqual({ version, type: "error", resultcount: 0, results: [], error });
  });

  it("answers anything in one of its forms", () => {
    const word = fc.oneof(fc.string(), fc.constantFrom("5", "info", "search", "suggest", "name", "depends", "cpu"));
    const query = fc.record({
      v: fc.option(word),
      type: fc.option(word),
      by: fc.option(word),
      args: fc.array(word, { maxLength: 3 }),
      callback: fc.option(word),
    });
    fc.assert(
      fc.property(query, (asked) => {
        const answer = answerRpc(packages, asked);
        if (Array.isArray(answer)) return;
        if (answer.type !== "error") expect(answer.version).toBe(5);
        expect(answer.resultcount).toBe(answer.results.length);
        expect(answer.error === undefined).toBe(answer.type !== "error");
      }),
    );
  });
});
