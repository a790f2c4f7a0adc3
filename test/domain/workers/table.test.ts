import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FAMILIES, idOfName } from "../../../src/domain/workers/families.ts";
import { READMES } from "../../../src/domain/workers/readmes.ts";
import { WORKER_ROWS } from "../../../src/domain/workers/rows.ts";
import { BACKENDS, type Family, TIERS, type WorkerRow } from "../../../src/domain/workers/table.ts";
import { findWorker, workers, workersFrom } from "../../../src/domain/workers/workers.ts";

const families = Object.values<Family>(FAMILIES);
const PKGBUILDS = join(import.meta.dirname, "../../../pkgbuilds");

const row = (changes: Partial<WorkerRow> = {}): WorkerRow => {
  const [first] = WORKER_ROWS;
  if (!first) throw new Error("The table is empty.");
  return { ...first, ...changes };
};

describe("the table of workers", () => {
  it("has free workers first", () => {
    const tiers = workers.map(({ tier }) => TIERS.indexOf(tier));
    expect(tiers).toEqual(tiers.toSorted());
    const mixed = workersFrom(WORKER_ROWS.toReversed());
    expect(mixed.ok && mixed.value.map(({ tier }) => TIERS.indexOf(tier))).toEqual(tiers);
  });

  it("has a row for every recipe of pkgbuilds, and a use for every family", () => {
    const recipes = readdirSync(PKGBUILDS).filter((name) => name.endsWith(".PKGBUILD"));
    const texts = new Set(WORKER_ROWS.map(({ pkgbuild }) => pkgbuild));
    const unused = recipes.filter((name) => !texts.has(readFileSync(join(PKGBUILDS, name), "utf8")));
    expect(unused, "add a row to src/domain/workers/rows.ts").toEqual([]);
    expect(families.filter((family) => !workers.some((worker) => worker.family === family))).toEqual([]);
  });

  it("has a README for families alone, with parts below headings", () => {
    const ids = families.map(({ id }) => id);
    expect([...READMES.keys()].filter((id) => !ids.includes(id))).toEqual([]);
    for (const text of READMES.values()) expect(text).toMatch(/^[^#]+\n## /);
  });

  it("finds workers by id and by variant, and by nothing else", () => {
    for (const worker of workers) {
      expect(findWorker(worker.id)).toBe(worker);
      expect(findWorker(worker.variant)).toBe(worker);
      expect([idOfName(worker.variant), idOfName(worker.id)]).toEqual([worker.id, worker.id]);
    }
    for (const name of ["__proto__", "constructor", "CPU", "cpu ", "", ...families.map(({ id }) => id)]) {
      expect(findWorker(name)).toBeNull();
    }
  });

  it("tells the author of a row what is wrong with it", () => {
    expect(workersFrom([row({ backend: "cuda" })])).toEqual({
      ok: false,
      error: "The row of llm-worker-rbee-cuda has the recipe of llm-worker-rbee-cpu.",
    });
    expect(workersFrom([row({ srcinfo: "pkgbase: a" })])).toMatchObject({ error: expect.stringContaining("line 1") });
    expect(workersFrom([row(), row()])).toMatchObject({ error: expect.stringContaining("llm-worker-rbee-cpu") });
  });

  it("gives a worker its own capabilities if its row has them", () => {
    const capabilities = { supportedFormats: ["onnx"], supportsStreaming: false, supportsBatching: true };
    expect(workersFrom([row({ capabilities })])).toMatchObject({ value: [{ capabilities }] });
    expect(workersFrom([row()])).toMatchObject({ value: [{ capabilities: FAMILIES.llmWorker.capabilities }] });
  });
});

/** The backends that the hives of 2025 find in an id when they register a worker (docs/catalog.md). */
const KNOWN_TO_HIVES = ["cpu", "cuda", "metal"];

describe.each(workers)("$id", ({ id, variant, family, kind, backend, capabilities }) => {
  it("is named after its family and backend", () => {
    expect([id, variant]).toEqual([`${family.id}-${backend}`, `${family.variantPrefix}${backend}`]);
    expect(KNOWN_TO_HIVES.filter((part) => id.includes(part))).toEqual(KNOWN_TO_HIVES.filter((one) => one === backend));
    expect(BACKENDS).toContain(backend);
  });

  it("reads text only if it generates text", () => {
    expect(capabilities.maxContextLength === undefined).toBe(kind === "image");
  });
});

it.each(workers.filter(({ tier }) => tier === "free"))(
  "$id builds a program of its own crate, with the feature of its backend",
  ({ family, backend, build, source }) => {
    expect(build).toMatchObject({ features: [backend], profile: "release" });
    expect(build.flags).toEqual(expect.arrayContaining(["-p", family.id, "--no-default-features", "--bin"]));
    expect(source).toEqual({ type: "git", url: "https://github.com/rbee-keeper/rbee.git", branch: "development" });
  },
);
