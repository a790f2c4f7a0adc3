import { describe, expect, it } from "vitest";
import type { AvailableWorker } from "../../../src/domain/catalog/available-workers.ts";
import { compareTiers, counterpartOf } from "../../../src/domain/catalog/tier-comparison.ts";
import { plans, SOLD_PLANS } from "../../../src/domain/licensing/plans.ts";
import type { ManifestRelease } from "../../../src/domain/releases/manifest.ts";
import type { MeasuredFigure } from "../../../src/domain/workers/table.ts";
import { workers } from "../../../src/domain/workers/workers.ts";

const SOLD = SOLD_PLANS.map((id) => plans[id]);

function unreleased(id: string): AvailableWorker {
  const worker = workers.find((one) => one.id === id);
  if (!worker) throw new Error(`There is no ${id}`);
  const isFree = worker.tier === "free";
  return { worker, version: isFree ? worker.version : null, releases: [], latest: null, hasRecipe: isFree };
}

/** A worker with a binary for Linux. */
function released(id: string, signature: string | null = "signed"): AvailableWorker {
  const file = { kind: "binary", platform: "linux-x86_64", filename: "w", size: 1, sha256: "0", object_key: "k" };
  const artifacts = [{ ...file, signature, pgp_signature: null, requires: null }];
  const latest = { id: "rel_1", version: "1.0.0", artifacts } as unknown as ManifestRelease;
  return { ...unreleased(id), version: "1.0.0", releases: [latest], latest };
}

const FREE = "llm-worker-rbee-cuda";
const PREMIUM = "llm-worker-rbee-premium-cuda";

/** The texts of a line. */
function line(label: string, free: AvailableWorker, premium: AvailableWorker): [string, string] {
  const found = compareTiers({ free: [free], premium: [premium] }, SOLD).find((row) => row.label === label);
  if (!found) throw new Error(`There is no line ${label}`);
  return [found.free.text, found.premium.text];
}

describe("the comparison of free and premium", () => {
  it("calls a premium worker ready to run only once a signed binary is released", () => {
    const coming = "Prebuilt and signed, coming soon";
    const source = "Builds from source on your machine";
    expect(line("Ready to run", unreleased(FREE), unreleased(PREMIUM))).toEqual([source, coming]);
    expect(line("Ready to run", unreleased(FREE), released(PREMIUM))).toEqual([source, "Prebuilt and signed"]);
    expect(line("Ready to run", unreleased(FREE), released(PREMIUM, null))).toEqual([source, "Prebuilt"]);
  });

  it("admits that a free worker with released binaries is ready to run as well", () => {
    expect(line("Ready to run", released(FREE), released(PREMIUM))[0]).toBe("Prebuilt and signed");
  });

  it("counts the released workers where not all of them are", () => {
    const ready = (premium: AvailableWorker[], free: AvailableWorker[]) => {
      const [row] = compareTiers({ free, premium }, SOLD);
      return [row?.free.text, row?.premium.text];
    };
    const [freeCpu, premiumCpu] = [unreleased("llm-worker-rbee-cpu"), unreleased("llm-worker-rbee-premium-cpu")];
    expect(ready([released(PREMIUM), premiumCpu], [released(FREE), freeCpu])).toEqual([
      "1 of 2 prebuilt, the others build from source",
      "Prebuilt and signed, 1 of 2 released",
    ]);
  });

  it("names the tools of a build for the worker that must be built", () => {
    const [tools, none] = line("Build tools", unreleased(FREE), unreleased(PREMIUM));
    expect(tools).toContain("rust");
    expect(none).toBe("None");
    expect(line("Build tools", released(FREE), unreleased(PREMIUM))[0]).toBe("None");
  });

  it("takes systems and source code from the workers themselves", () => {
    expect(line("Systems", unreleased(FREE), unreleased(PREMIUM))).toEqual(["Linux, Windows", "Linux"]);
    expect(line("Source code", unreleased(FREE), unreleased(PREMIUM))).toEqual([
      "Open, GPL-3.0-or-later",
      "Closed, proprietary license",
    ]);
  });

  it("takes machines, offline time and updates from the plans on sale", () => {
    expect(line("Machines", unreleased(FREE), unreleased(PREMIUM))).toEqual(["Any number", "5 or 25 on one license"]);
    expect(line("Without a network", unreleased(FREE), unreleased(PREMIUM))[1]).toBe(
      "Offline leases of up to 7 or 30 days",
    );
    expect(line("Updates", unreleased(FREE), unreleased(PREMIUM))[1]).toBe(
      "Every version with Premium, monthly; versions <2.0.0 with Premium, lifetime",
    );
  });

  it("has a line for a figure only if it was measured on both sides", () => {
    const figure: MeasuredFigure = { name: "Tokens per second", value: "80", measured: "RTX 4090, 1 May 2026" };
    const measured = (one: AvailableWorker, value: string): AvailableWorker => ({
      ...one,
      worker: { ...one.worker, figures: [{ ...figure, value }] },
    });
    const labels = (free: AvailableWorker, premium: AvailableWorker): string[] =>
      compareTiers({ free: [free], premium: [premium] }, SOLD).map(({ label }) => label);
    const [free, premium] = [unreleased(FREE), unreleased(PREMIUM)];
    expect(labels(free, measured(premium, "96"))).not.toContain(figure.name);
    expect(line(figure.name, measured(free, "80"), measured(premium, "96"))).toEqual([
      "80 (RTX 4090, 1 May 2026)",
      "96 (RTX 4090, 1 May 2026)",
    ]);
  });

  it("is empty if one side has no worker", () => {
    expect(compareTiers({ free: [unreleased(FREE)], premium: [] }, SOLD)).toEqual([]);
  });
});

describe("the counterpart of a worker", () => {
  it("is the worker of the other tier for the same kind and backend", () => {
    const all = [FREE, PREMIUM, "sd-worker-rbee-cuda", "llm-worker-rbee-rocm"].map(unreleased);
    expect(counterpartOf(unreleased(FREE), all)?.worker.id).toBe(PREMIUM);
    expect(counterpartOf(unreleased(PREMIUM), all)?.worker.id).toBe(FREE);
    expect(counterpartOf(unreleased("sd-worker-rbee-cuda"), all)).toBeNull();
    expect(counterpartOf(unreleased("llm-worker-rbee-rocm"), all)).toBeNull();
  });
});
