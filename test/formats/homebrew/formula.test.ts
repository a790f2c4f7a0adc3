import { env, exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { publishedWorker } from "../../../src/domain/catalog/published-workers.ts";
import { manifestFromLedger } from "../../../src/domain/releases/manifest-publication.ts";
import { findWorker } from "../../../src/domain/workers/workers.ts";
import { formulaOf } from "../../../src/formats/homebrew/tap.ts";
import { currentTime } from "../../../src/lib/time.ts";
import { configOf } from "../../../src/platform/config/config.ts";
import { publishRecipe } from "../../support/publish-recipe.ts";

const FREE = "llm-worker-rbee-metal";
const PREMIUM = "llm-worker-rbee-premium-metal";
const CATALOG = "https://catalog.test";

const OPTIONAL = { required: false, keys: [] };

const get = (path: string) => exports.default.fetch(`${CATALOG}${path}`);

async function published(id: string) {
  const worker = findWorker(id);
  if (!worker) throw new Error(`there is a worker ${id}`);
  return publishedWorker(worker, await manifestFromLedger(env.DB, id, currentTime()), configOf(env));
}

describe("a Homebrew formula", () => {
  it("installs the binary once there is one, and asks for a license if the worker is premium", async () => {
    for (const [worker_id, strategy] of [
      [FREE, ""],
      [PREMIUM, ",\n      using: RbeeLicensedDownloadStrategy"],
    ] as const) {
      const filename = `${worker_id}-macos-aarch64`;
      const { artifacts } = await publishRecipe({ worker_id, version: "1.2.0", platform: "macos-aarch64", filename });
      const formula = formulaOf(await published(worker_id), CATALOG);
      expect(formula).toContain(`  url "${CATALOG}/v1/workers/${worker_id}/1.2.0/files/${filename}"${strategy}\n`);
      expect(formula).toContain(`  version "1.2.0"\n  sha256 "${artifacts[0]?.sha256}"\n`);
      expect(formula?.includes("class RbeeLicensedDownloadStrategy < CurlDownloadStrategy\n")).toBe(strategy !== "");
      expect(formula).not.toContain("cargo");
    }
  });

  it("builds the source of a free worker without a binary, at the release's tag if there is one", async () => {
    const { worker } = await published(FREE);
    expect(formulaOf({ worker, release: null, policy: OPTIONAL }, CATALOG)).toContain('      branch: "development"\n');
    const { url } = worker.source;
    const tagged = { ...worker, source: { type: "git", url, tag: "v0.2.0" } } as const;
    expect(formulaOf({ worker: tagged, release: null, policy: OPTIONAL }, CATALOG)).toContain('      tag: "v0.2.0"\n');
    const pinned = { ...tagged, source: { ...tagged.source, commit: "a".repeat(40) } };
    expect(formulaOf({ worker: pinned, release: null, policy: OPTIONAL }, CATALOG)).toContain(
      `      tag: "v0.2.0",\n      revision: "${"a".repeat(40)}"\n`,
    );
  });

  it("builds the source archive of a release by its sum, without git and with its Cargo.lock", async () => {
    const filename = `${FREE}-1.2.0-source.tar.gz`;
    const source = { source_tag: "v1.2.0" };
    const { artifacts } = await publishRecipe({ worker_id: FREE, version: "1.2.0", source, platform: "any", filename });
    const formula = formulaOf(await published(FREE), CATALOG);
    expect(formula).toContain(`  url "${CATALOG}/v1/workers/${FREE}/1.2.0/files/${filename}"\n`);
    expect(formula).toContain(`  version "1.2.0"\n  sha256 "${artifacts[0]?.sha256}"\n`);
    expect(formula).toContain('"--locked"');
    expect(formula).not.toMatch(/git|submodule|RbeeSourceDownloadStrategy/);
  });

  it("installs what cargo built under the worker's name", async () => {
    const { worker } = await published(FREE);
    const built = (builtProgram: string) =>
      formulaOf({ worker: { ...worker, builtProgram }, release: null, policy: OPTIONAL }, CATALOG);
    expect(built(FREE)).toContain(`    bin.install "target/release/${FREE}"\n`);
    expect(built("other")).toContain(`    bin.install "target/release/other" => "${FREE}"\n`);
  });

  it("is null if there is nothing to install", async () => {
    expect(formulaOf(await published(PREMIUM), CATALOG)).toBe(null);
  });

  it("escapes texts", async () => {
    const { worker } = await published(FREE);
    const description = 'a "#{exit}" \\ #$0 worker';
    expect(formulaOf({ worker: { ...worker, description }, release: null, policy: OPTIONAL }, CATALOG)).toContain(
      '  desc "a \\"\\#{exit}\\" \\\\ \\#$0 worker"\n',
    );
  });

  it("has no line longer than brew style allows", async () => {
    for (const line of formulaOf(await published(FREE), CATALOG)?.split("\n") ?? []) {
      if (!line.startsWith("  url ")) expect(line.length, line).toBeLessThanOrEqual(118);
    }
  });
});

describe("the tap", () => {
  it("serves each formula, and nothing else", async () => {
    const response = await get(`/homebrew/Formula/${FREE}.rb`);
    expect([response.status, response.headers.get("Content-Type")]).toEqual([200, "text/plain; charset=utf-8"]);
    expect(await response.text()).toBe(formulaOf(await published(FREE), CATALOG));
    for (const file of [`${PREMIUM}.rb`, "llm-worker-rbee-cuda.rb", "README.md", "..%2FREADME.md", "constructor"]) {
      expect((await get(`/homebrew/Formula/${file}`)).status).toBe(404);
    }
  });

  it("gets a formula with the first release that a Mac can use", async () => {
    await publishRecipe({ worker_id: PREMIUM, version: "1.0.0", platform: "linux-x86_64" });
    expect((await get(`/homebrew/Formula/${PREMIUM}.rb`)).status).toBe(404);
    await publishRecipe({ worker_id: PREMIUM, version: "1.1.0", platform: "macos-aarch64" });
    expect(await (await get(`/homebrew/Formula/${PREMIUM}.rb`)).text()).toContain('version "1.1.0"');
  });
});
