import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareDemands, defaultBuild } from "../../../../src/domain/releases/build.ts";
import { DeclaredRequires, faultOfRequires } from "../../../../src/domain/releases/requires/declared.ts";
import {
  canonicalRequires,
  type Requires,
  requiresWords,
  sameRequires,
} from "../../../../src/domain/releases/requires/requires.ts";
import { build } from "../../../support/resolution-fixture.ts";

describe("the needs of a build", () => {
  it("have one form, whatever the order in which they are declared", () => {
    const declared = { gpu: ["sm_90", "sm_80", "sm_80"], cuda: { max: "12", min: "12.4" }, backend: "cuda" };
    const canonical = canonicalRequires(declared);
    expect(JSON.stringify(canonical)).toBe(
      '{"backend":"cuda","cuda":{"min":"12.4","max":"12"},"gpu":["sm_80","sm_90"]}',
    );
    expect(canonicalRequires(canonical)).toEqual(canonical);
    expect(sameRequires(declared, canonical)).toBe(true);
    expect(canonicalRequires({})).toBeNull();
    expect(sameRequires({}, null)).toBe(true);
  });

  it("are told in words", () => {
    expect(requiresWords(null)).toBe("");
    expect(
      requiresWords({
        ...{ backend: "cuda", cuda: { min: "12.4", max: "12" }, gpu: ["sm_80", "sm_90"] },
        ...{ libc: { name: "glibc", version: "2.31" }, cpu_features: ["avx2", "fma"], memory_bytes: 8 * 1024 ** 3 },
      }),
    ).toBe("CUDA 12.4 (a driver for CUDA 12), sm_80 or sm_90, glibc 2.31 or newer, avx2 and fma, 8 GiB of memory");
    expect(requiresWords({ rocm: { min: "6.2" }, libc: { name: "musl" } })).toBe("ROCm 6.2 or newer, musl");
    const ptx = { cuda: { min: "12.4" }, gpu: ["compute_80"] };
    expect(requiresWords(ptx)).toBe("CUDA 12.4 (a driver for CUDA 12.4 or newer), compute_80");
    expect(requiresWords({ backend: "metal" })).toBe("metal");
  });

  it.each([
    [{ color: "red" }],
    [{ backend: "vulkan" }],
    [{ cuda: { min: "12.x" } }],
    [{ cuda: { max: "12" } }],
    [{ cuda: { min: "13.0", max: "12" } }],
    [{ rocm: { min: "6.2", to: "7" } }],
    [{ gpu: [] }],
    [{ gpu: ["RTX 3090"] }],
    [{ libc: { name: "uclibc" } }],
    [{ cpu_features: ["AVX2"] }],
    [{ memory_bytes: 0.5 }],
  ])("are refused at publication: %j", (declared) => {
    expect(DeclaredRequires.safeParse(declared).success).toBe(false);
  });

  it.each([
    [{ backend: "cpu" }, "linux-x86_64", "requires.backend"],
    [{ rocm: { min: "6.2" } }, "linux-x86_64", "requires.rocm"],
    [{ gpu: ["gfx1100"] }, "linux-x86_64", "requires.gpu"],
    [{ libc: { name: "glibc" } }, "windows-x86_64", "requires.libc"],
    [{ cuda: { min: "12.4" }, gpu: ["compute_80", "sm_80"] }, "windows-x86_64", undefined],
  ] as const)("of a worker for CUDA, %j on %s has the fault %s", (declared, platform, path) => {
    const requires: Requires = DeclaredRequires.parse(declared);
    expect(faultOfRequires(requires, { platform, backend: "cuda" })?.path).toBe(path);
  });
});

describe("the default build of a platform", () => {
  // Each has more demands than the one before.
  const ASCENDING: [string, Requires | null][] = [
    ["none", null],
    ["bounded", { cuda: { min: "0", max: "13" } }],
    ["memory", { memory_bytes: 1 }],
    ["avx2", { cpu_features: ["avx2"] }],
    ["ptx", { gpu: ["compute_80"] }],
    ["two-gpus", { gpu: ["sm_80", "sm_90"] }],
    ["one-gpu", { gpu: ["sm_90"] }],
    ["glibc-2.9", { libc: { name: "glibc", version: "2.9" } }],
    ["glibc-2.31", { libc: { name: "glibc", version: "2.31" } }],
    ["rocm", { rocm: { min: "6.2" } }],
    ["cuda12", { cuda: { min: "12.10" } }],
    ["cuda12-max", { cuda: { min: "12.10", max: "12" } }],
    ["cuda13", { cuda: { min: "13.0" } }],
    ["musl", { libc: { name: "musl" } }],
  ];
  const builds = ASCENDING.map(([name, requires]) => build(name, requires));

  it("is the one with the least demands, in the documented order", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(builds, { minLength: builds.length }), (shuffled) => {
        const names = shuffled.toSorted(compareDemands).map(({ filename }) => filename);
        expect(names).toEqual(ASCENDING.map(([name]) => name));
      }),
    );
  });

  it("is a binary of exactly that platform", () => {
    const packed = { ...build("a.pkg.tar.zst"), kind: "package" };
    const files = [packed, build("arm", null, "linux-aarch64"), ...builds.slice(5)];
    expect(defaultBuild(files, "linux-x86_64")?.filename).toBe("two-gpus");
    expect(defaultBuild(files, "macos-aarch64")).toBeUndefined();
  });
});
