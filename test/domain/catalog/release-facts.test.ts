import { describe, expect, it } from "vitest";
import { requirementsOf } from "../../../src/domain/catalog/release-facts.ts";
import type { Requires } from "../../../src/domain/releases/requires/requires.ts";
import { releaseOf } from "../../support/index-fixture.ts";

/** A release of one file for each of these needs, by platform. */
function withNeeds(...needs: [platform: "linux-x86_64" | "windows-x86_64", requires: Requires | null][]) {
  const [file] = releaseOf("1.0.0").artifacts;
  const artifacts = needs.flatMap(([platform, requires], at) =>
    file ? [{ ...file, platform, requires, filename: `w-${at}-${platform}` }] : [],
  );
  return releaseOf("1.0.0", { artifacts });
}

describe("the needs of a release in words", () => {
  it("name the CUDA of the drivers that run it, as the choice of a build judges them", () => {
    const cuda = { min: "12.4" };
    expect(requirementsOf(withNeeds(["linux-x86_64", { cuda }]))).toEqual(["CUDA >= 12"]);
    const ptx = { cuda, gpu: ["compute_80"] };
    expect(requirementsOf(withNeeds(["linux-x86_64", ptx]))).toEqual(["CUDA >= 12.4", "GPU compute_80"]);
  });

  it("are those of the default build, and begin with their platform where platforms differ", () => {
    const newer = { cuda: { min: "13.0" } };
    const libc = { libc: { name: "glibc", version: "2.31" }, cuda: { min: "11.8" } };
    expect(requirementsOf(withNeeds(["linux-x86_64", newer], ["linux-x86_64", libc]))).toEqual([
      ...["glibc >= 2.31", "CUDA >= 11"],
    ]);
    expect(requirementsOf(withNeeds(["linux-x86_64", libc], ["windows-x86_64", newer]))).toEqual([
      ...["linux-x86_64: glibc >= 2.31", "linux-x86_64: CUDA >= 11", "windows-x86_64: CUDA >= 13"],
    ]);
    expect(requirementsOf(null)).toEqual([]);
  });
});
