import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Filename } from "../../../src/domain/releases/fields.ts";
import { tagsOfVersion } from "../../../src/domain/releases/source/statement.ts";
import { ARCHITECTURES, readRecipe } from "../../../src/domain/workers/recipe.ts";
import {
  type PublishedBinary,
  type PublishedSource,
  pkgverOf,
  renderRecipe,
} from "../../../src/domain/workers/recipe-rendering.ts";
import { type Worker, workers } from "../../../src/domain/workers/workers.ts";
import { parseAsHive } from "../../support/hive-parser.ts";
import { recipeFacts } from "../../support/recipe-facts.ts";

const ORIGIN = "https://catalog.test";

const pkgvers = fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99)).map((parts) => parts.join("."));
const filenames = fc
  .stringMatching(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,40}$/)
  .filter((name) => Filename.safeParse(name).success);
const sources = fc.record({
  tag: fc.constantFrom(...tagsOfVersion("1.2.0-rc.1--x", ["llm-worker-rbee-cpu", "llm-worker-rbee"])),
  commit: fc.option(fc.stringMatching(/^[0-9a-f]{40}$/)),
  archive: fc.option(
    fc.record({
      path: fc.constant("/v1/workers/llm-worker-rbee-cpu/1.2.0/files/llm-worker-rbee-cpu-1.2.0-source.tar.gz"),
      sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
    }),
  ),
});
const signatures = fc.record({
  text: fc.string({ unit: "binary" }),
  key: fc.base64String({ maxLength: 56 }),
  bound: fc.boolean(),
});

/** Binaries that a release may have for a worker: of some of its architectures, at least one. */
const binariesFor = (worker: Worker): fc.Arbitrary<PublishedBinary[]> =>
  fc.subarray([...worker.architectures], { minLength: 1 }).chain((architectures) =>
    fc.tuple(
      ...architectures.map((architecture) =>
        fc.record({
          architecture: fc.constant(architecture),
          filename: filenames,
          sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
          signature: fc.option(signatures),
        }),
      ),
    ),
  );

const versionsOf = (worker: Worker) =>
  worker.tier === "free"
    ? fc.record({ pkgver: pkgvers, source: fc.option(sources), binaries: fc.constant<PublishedBinary[]>([]) })
    : fc.record({ pkgver: pkgvers, source: fc.constant(null), binaries: binariesFor(worker) });

describe.each(workers)("the recipe of $id", (worker) => {
  it("stays as it is written without a release, but for the catalog's address", () => {
    const text = renderRecipe(worker, null, ORIGIN);
    expect(text.pkgbuild).toBe(worker.pkgbuild.replaceAll("https://catalog.rbee.dev", ORIGIN));
    expect(text.srcinfo).toBe(worker.srcinfo.replaceAll("https://catalog.rbee.dev", ORIGIN));
  });

  it("becomes that of any release, for makepkg and hives alike", () => {
    fc.assert(
      fc.property(versionsOf(worker), (version) => {
        const text = renderRecipe(worker, version, ORIGIN);
        const recipe = readRecipe(text.pkgbuild, text.srcinfo);
        if (!recipe.ok) throw new Error(recipe.error);
        const offered = ARCHITECTURES.filter((name) => version.binaries.some((binary) => binary.architecture === name));
        expect(recipe.value.version).toBe(version.pkgver);
        expect(recipe.value.architectures).toEqual(worker.tier === "free" ? worker.architectures : offered);

        const hive = parseAsHive(text.pkgbuild);
        expect(hive.values.get("pkgver")).toBe(version.pkgver);
        expect(hive.arrays.get("arch")).toEqual(recipe.value.architectures);
        const command = parseAsHive(worker.pkgbuild).build?.split("\n").at(-1);
        expect(hive.build?.split("\n").at(-1)).toBe(
          version.source?.archive ? command?.replace("cargo build", "cargo build --locked") : command,
        );
        expect(hive.package).toBe(parseAsHive(worker.pkgbuild).package);
        for (const { filename, sha256, signature } of version.binaries) {
          expect(hive.build).toContain(`filename='${filename}' sha256='${sha256}' key='${signature?.key ?? ""}'`);
        }
        const said = recipeFacts(text);
        expect(said.srcinfo).toEqual(said.pkgbuild);
      }),
    );
  });
});

describe("the recipe of a free worker's release", () => {
  const COMMIT = "0123456789".repeat(4);
  const [free] = workers;
  if (!free) throw new Error("no worker");
  const render = (source: Omit<PublishedSource, "archive"> | null, archive: PublishedSource["archive"] = null) =>
    renderRecipe(free, { pkgver: "1.2.0", source: source && { ...source, archive }, binaries: [] }, ORIGIN);

  it("names its tag by the whole reference to makepkg, and by the short name to hives", () => {
    const text = render({ tag: "v1.2.0", commit: COMMIT });
    const repository = "git+https://github.com:443/rbee-keeper/rbee.git";
    expect(text.pkgbuild).toContain(`\nsource=("${repository}#tag=refs/tags/v1.2.0")\n`);
    expect(text.srcinfo).toContain(`\tsource = ${repository}#tag=refs/tags/v1.2.0\n`);
    const hive = parseAsHive(text.pkgbuild);
    expect(hive.arrays.get("source")).toEqual([`${repository}#tag=v1.2.0`]);
  });

  it("takes the source archive by its sum, and keeps to the Cargo.lock in it", () => {
    const name = "llm-worker-rbee-cpu-1.2.0-source.tar.gz";
    const address = `${ORIGIN}/v1/workers/llm-worker-rbee-cpu/1.2.0/files/${name}`;
    const sum = "0".repeat(64);
    const text = render({ tag: "v1.2.0", commit: COMMIT }, { path: new URL(address).pathname, sha256: sum });
    expect(text.pkgbuild).toContain(`\nsource=("${name}::${address}")\nsha256sums=('${sum}')\n`);
    expect(text.srcinfo).toContain(`\tsource = ${name}::${address}\n\tsha256sums = ${sum}\n`);
    expect(parseAsHive(text.pkgbuild).build).toContain(`archive='${name}' sha256='${sum}' address='${address}'`);
    expect(text.pkgbuild).toContain("\n  cargo build --locked --release ");
    expect(text.pkgbuild).toContain("makedepends=('rust' 'cargo' 'curl')");
    expect(text.pkgbuild).not.toContain("github.com:443");
  });

  it("demands the commit in build()", () => {
    const text = render({ tag: "v1.2.0", commit: COMMIT });
    expect(parseAsHive(text.pkgbuild).build).toContain(`\ncommit='${COMMIT}' tag='v1.2.0'\n`);
    expect(render({ tag: "v1.2.0", commit: null }).pkgbuild).toContain("\n  commit='' tag='v1.2.0'\n");
  });

  it("shows the short name of the tag, and the commit, in the catalog", () => {
    const text = render({ tag: "v1.2.0", commit: COMMIT });
    const url = "https://github.com/rbee-keeper/rbee.git";
    expect(readRecipe(text.pkgbuild, text.srcinfo)).toMatchObject({
      value: { version: "1.2.0", source: { type: "git", url, tag: "v1.2.0", commit: COMMIT } },
    });
  });

  it("builds the branch without a tag", () => {
    const text = render(null);
    expect(text.pkgbuild).toContain("  commit='' tag=''\n");
    expect(readRecipe(text.pkgbuild, text.srcinfo)).toMatchObject({ value: { source: { branch: "development" } } });
  });
});

it("a recipe keeps any signature unchanged", () => {
  const worker = workers.find(({ id }) => id === "llm-worker-rbee-premium-cuda");
  if (!worker) throw new Error("no worker");
  const text = "untrusted comment: from https://catalog.rbee.dev\n";
  const binary = {
    architecture: "x86_64",
    filename: "w",
    sha256: "0".repeat(64),
    signature: { text, key: "k", bound: false },
  } as const;
  const { pkgbuild } = renderRecipe(worker, { pkgver: "1.2.0", source: null, binaries: [binary] }, ORIGIN);
  const [, printed = ""] = /key='k' signature='([^']*)'/.exec(pkgbuild) ?? [];
  const octal = (_: string, digits: string) => String.fromCharCode(Number.parseInt(digits, 8));
  expect(printed.replaceAll("\\n", "\n").replaceAll(/\\0(\d{3})/g, octal)).toBe(text);
});

describe("the pkgver of a version", () => {
  it.each([
    ["1.10.0", "1.10.0"],
    ["1.2.0-rc.1", "1.2.0rc.1"],
    ["1.2.0-rc-1.x-y", "1.2.0rc.1.x.y"],
    ["1.2.0-1", "1.2.0pre1"],
    ["1.2.0-0.alpha", "1.2.0pre0.alpha"],
    ["1.2.0--1", "1.2.0pre.1"],
    ["1.2.0-rc--1.x-.y", "1.2.0rc.1.x.y"],
  ])("of %s is %s", (version, pkgver) => {
    expect(pkgverOf(version)).toBe(pkgver);
  });
});
