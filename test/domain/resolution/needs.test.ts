import { describe, expect, it } from "vitest";
import type { Requires } from "../../../src/domain/releases/requires/requires.ts";
import type { MachineBody } from "../../../src/domain/resolution/machine.ts";
import { judgeBuild } from "../../../src/domain/resolution/needs.ts";
import { build, DESKTOP, machine } from "../../support/resolution-fixture.ts";

/** The verdict in a word: `fits`, the code of what it lacks, or `untried`. */
function verdict(requires: Requires | null, of: MachineBody, backend = "cuda", platform = "linux-x86_64"): string {
  const judged = judgeBuild(build("w", requires, platform), backend, machine(of));
  if ("lack" in judged) return judged.lack.code;
  return judged.untried.length === 0 ? "fits" : "untried";
}

const nvidia = (gpu: NonNullable<MachineBody["gpus"]>[number]): MachineBody => ({
  platform: "linux-x86_64",
  gpus: [{ vendor: "nvidia", ...gpu }],
});

describe("a build for CUDA", () => {
  // docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html, and table 2 of the release notes.
  it.each([
    ["450.80.01", "11.8", "DRIVER_TOO_OLD"],
    ["450.80.02", "11.8", "fits"],
    ["525.60.12", "12.4", "DRIVER_TOO_OLD"],
    ["525.60.13", "12.0", "fits"],
    ["535.183.01", "12.4", "fits"],
    ["535.183.01", "13.0", "DRIVER_TOO_OLD"],
    ["535", "13", "DRIVER_TOO_OLD"],
    ["580.65.06", "13.0", "fits"],
    ["580.65.06", "12.4", "fits"],
    ["570.86.15", "11.8", "fits"],
    ["610.10", "14.0", "untried"],
    ["390.157", "10.0", "untried"],
    ["[N/A]", "12.0", "untried"],
  ])("with driver %s: CUDA %s is %s", (driver, min, expected) => {
    expect(verdict({ cuda: { min } }, nvidia({ driver }))).toBe(expected);
  });

  it("on Windows has the drivers of Windows", () => {
    const of = (driver: string): MachineBody => ({ platform: "windows-x86_64", gpus: [{ vendor: "nvidia", driver }] });
    expect(verdict({ cuda: { min: "12.4" } }, of("527.41"), "cuda", "windows-x86_64")).toBe("DRIVER_TOO_OLD");
    expect(verdict({ cuda: { min: "12.4" } }, of("528.33"), "cuda", "windows-x86_64")).toBe("fits");
  });

  it.each([
    ["12.2", { min: "12.4" }, "fits"],
    ["12.2", { min: "13.0" }, "DRIVER_TOO_OLD"],
    ["13.1", { min: "12.4" }, "fits"],
    ["13.1", { min: "12.4", max: "12" }, "DRIVER_TOO_NEW"],
    ["12.9", { min: "12.4", max: "12" }, "fits"],
    ["12.9", { min: "12.4", max: "12.8" }, "DRIVER_TOO_NEW"],
    ["12.8", { min: "12.4", max: "12.8" }, "fits"],
  ])("with a driver that runs CUDA %s: %j is %s", (cuda, range, expected) => {
    expect(verdict({ cuda: range }, nvidia({ cuda }))).toBe(expected);
  });

  it.each([
    ["550.54.14", { min: "12.4", max: "12" }, "fits"],
    ["550.54.14", { min: "12.0", max: "12.8" }, "untried"],
    ["580.65.06", { min: "12.4", max: "12" }, "DRIVER_TOO_NEW"],
    ["595.10", { min: "13.0", max: "13" }, "untried"],
  ])(
    "with driver %s alone: %j is %s, because the number does not tell the minor version",
    (driver, range, expected) => {
      expect(verdict({ cuda: range }, nvidia({ driver }))).toBe(expected);
    },
  );

  it("needs an NVIDIA card, and says if the machine was not searched for one", () => {
    expect(verdict(null, { platform: "linux-x86_64", gpus: [] })).toBe("WRONG_BACKEND");
    expect(verdict(null, { platform: "linux-x86_64", gpus: [{ vendor: "amd" }] })).toBe("WRONG_BACKEND");
    expect(verdict(null, { platform: "linux-x86_64" })).toBe("untried");
    expect(verdict(null, nvidia({}))).toBe("fits");
    expect(verdict({ cuda: { min: "11.8" } }, nvidia({}))).toBe("untried");
  });

  it("fits if one of several cards fits", () => {
    const gpus = [
      { vendor: "intel" },
      { vendor: "nvidia", cuda: "12.4", architecture: "6.1" },
      { vendor: "NVIDIA Corporation", cuda: "12.4", architecture: "sm_89" },
    ];
    const needs = { cuda: { min: "12.0" }, gpu: ["sm_80"] };
    expect(verdict(needs, { platform: "linux-x86_64", gpus })).toBe("fits");
    expect(verdict(needs, { platform: "linux-x86_64", gpus: gpus.slice(0, 2) })).toBe("GPU_NOT_SUPPORTED");
  });

  // CUDA C++ Programming Guide, "Binary Compatibility": the same major version, no lower minor one, and not on Tegra.
  it.each([
    ["sm_80", "8.6", "fits"],
    ["sm_86", "8.0", "GPU_NOT_SUPPORTED"],
    ["sm_80", "9.0", "GPU_NOT_SUPPORTED"],
    ["sm_80", "8.7", "GPU_NOT_SUPPORTED"],
    ["sm_87", "8.7", "fits"],
    ["sm_87", "8.9", "GPU_NOT_SUPPORTED"],
    ["sm_90a", "9.0", "fits"],
    ["sm_100a", "10.3", "GPU_NOT_SUPPORTED"],
    ["sm_100f", "10.3", "fits"],
    ["sm_120", "12.1", "fits"],
    ["sm_120", "sm_120", "fits"],
    ["sm_100f", "10.7", "fits"],
    ["sm_103f", "10.0", "GPU_NOT_SUPPORTED"],
    ["sm_100f", "11.0", "GPU_NOT_SUPPORTED"],
    ["sm_75", "unknown", "untried"],
    // "PTX Compatibility": of that compute capability or a higher one, on Tegra too. With a or f as binary code.
    ["compute_80", "8.0", "fits"],
    ["compute_80", "8.7", "fits"],
    ["compute_80", "12.0", "fits"],
    ["compute_80", "7.5", "GPU_NOT_SUPPORTED"],
    ["compute_90a", "9.0", "fits"],
    ["compute_90a", "10.0", "GPU_NOT_SUPPORTED"],
    ["compute_100f", "12.0", "GPU_NOT_SUPPORTED"],
  ])("with code for %s on a GPU of %s: %s", (target, architecture, expected) => {
    expect(verdict({ gpu: [target] }, nvidia({ architecture }))).toBe(expected);
  });
});

describe("a build for CUDA that holds PTX", () => {
  // Candle loads its kernels as PTX. A driver refuses PTX of a newer toolkit, although it runs the toolkit's binary
  // code (huggingface/candle#1846, #2237).
  it.each([
    ["12.2", ["compute_80"], "8.6", "DRIVER_TOO_OLD"],
    ["12.4", ["compute_80"], "8.6", "fits"],
    ["13.0", ["compute_80"], "8.6", "fits"],
    ["12.2", ["sm_86", "compute_80"], "8.6", "fits"],
    ["12.2", ["sm_86", "compute_80"], "8.9", "fits"],
    ["12.2", ["sm_86", "compute_80"], "9.0", "DRIVER_TOO_OLD"],
    ["12.2", ["compute_80"], "7.5", "GPU_NOT_SUPPORTED"],
    ["11.8", ["compute_80"], "8.6", "DRIVER_TOO_OLD"],
    ["12.2", ["compute_80"], null, "untried"],
  ])("of CUDA 12.4, with a driver for %s: %j on a GPU of %s is %s", (cuda, gpu, architecture, expected) => {
    expect(verdict({ cuda: { min: "12.4" }, gpu }, nvidia({ cuda, architecture }))).toBe(expected);
  });

  it("is untried with a driver whose number alone is known, unless every driver of that CUDA compiles it", () => {
    const of = (driver: string, min: string) =>
      verdict({ cuda: { min }, gpu: ["compute_80"] }, nvidia({ driver, architecture: "8.6" }));
    expect([of("550.54.14", "12.4"), of("550.54.14", "12.0"), of("580.65.06", "12.4")]).toEqual([
      ...["untried", "fits", "fits"],
    ]);
  });
});

// Release notes of CUDA 13.0: no more Maxwell, Pascal, Volta. Of 12.0: no more Kepler.
describe("a build for CUDA without a list of GPUs", () => {
  it.each([
    ["13.0", "6.1", "GPU_NOT_SUPPORTED"],
    ["13.0", "7.0", "GPU_NOT_SUPPORTED"],
    ["13.0", "7.5", "fits"],
    ["13.0", null, "fits"],
    ["12.4", "6.1", "fits"],
    ["12.4", "3.7", "GPU_NOT_SUPPORTED"],
    ["11.8", "3.7", "fits"],
    ["12.4", "12.0", "fits"],
  ])("of CUDA %s on a GPU of %s: %s", (min, architecture, expected) => {
    expect(verdict({ cuda: { min } }, nvidia({ driver: "580.65.06", cuda: "13.0", architecture }))).toBe(expected);
  });
});

describe("a build for ROCm", () => {
  const amd = (gpu: NonNullable<MachineBody["gpus"]>[number]): MachineBody => ({
    platform: "linux-x86_64",
    gpus: [{ vendor: "amd", ...gpu }],
  });

  it.each([
    ["6.1.2", { min: "6.2" }, "ROCM_TOO_OLD"],
    ["6.2.0", { min: "6.2" }, "fits"],
    ["7.0", { min: "6.2" }, "fits"],
    ["7.0", { min: "6.2", max: "6" }, "ROCM_TOO_NEW"],
    [null, { min: "6.2" }, "untried"],
  ])("with ROCm %s: %j is %s", (rocm, range, expected) => {
    expect(verdict({ rocm: range }, amd({ rocm }), "rocm")).toBe(expected);
  });

  it.each([
    ["gfx1100", "gfx1100", "fits"],
    ["gfx90a", "gfx90a:sramecc+:xnack-", "fits"],
    ["gfx1100", "gfx1101", "GPU_NOT_SUPPORTED"],
    ["gfx90a", "gfx90", "untried"],
  ])("with code for %s on %s: %s", (target, architecture, expected) => {
    expect(verdict({ gpu: [target] }, amd({ architecture }), "rocm")).toBe(expected);
  });
});

describe("a build for Metal", () => {
  it("fits every Mac with Apple silicon, and no machine that says it has no such GPU", () => {
    const on = (of: MachineBody) => verdict(null, of, "metal", "macos-aarch64");
    expect(on({ os: "Darwin", arch: "arm64" })).toBe("fits");
    expect(on({ os: "Darwin", arch: "arm64", gpus: [{ vendor: "Apple" }] })).toBe("fits");
    expect(on({ os: "Darwin", arch: "arm64", gpus: [] })).toBe("WRONG_BACKEND");
  });
});

describe("any build", () => {
  const on = (requires: Requires | null, more: Partial<MachineBody>) =>
    verdict(requires, { ...DESKTOP, ...more }, "cpu");

  it("is for its platform alone", () => {
    expect(on(null, { platform: "linux-aarch64" })).toBe("WRONG_PLATFORM");
    expect(on(null, { platform: "freebsd-riscv64" })).toBe("WRONG_PLATFORM");
    expect(on(null, {})).toBe("fits");
  });

  it("for Linux that names no C library is for glibc, so musl is told", () => {
    expect(on(null, { libc: { name: "musl", version: "1.2.5" } })).toBe("LIBC_MISMATCH");
    expect(on({ libc: { name: "musl" } }, { libc: { name: "musl", version: "1.2.5" } })).toBe("fits");
    expect(on({ libc: { name: "musl" } }, {})).toBe("LIBC_MISMATCH");
    expect(on(null, { libc: null })).toBe("fits");
    expect(on({ libc: { name: "glibc", version: "2.31" } }, { libc: null })).toBe("untried");
    expect(on({ libc: { name: "glibc", version: "2.31" } }, { libc: { name: "GNU libc" } })).toBe("untried");
    expect(on({ libc: { name: "glibc", version: "2.40" } }, {})).toBe("LIBC_TOO_OLD");
    expect(on({ libc: { name: "glibc", version: "2.4" } }, {})).toBe("fits");
  });

  it("does not start where programs are 32-bit", () => {
    expect(on(null, { userland_bits: 32 })).toBe("USERLAND_32_BIT");
    expect(on(null, { userland_bits: null })).toBe("fits");
  });

  it("needs each of its CPU features, by any of their names", () => {
    expect(on({ cpu_features: ["avx2", "fma"] }, {})).toBe("fits");
    expect(on({ cpu_features: ["sse4.2"] }, {})).toBe("fits");
    expect(on({ cpu_features: ["lzcnt"] }, { cpu_features: ["ABM"] })).toBe("fits");
    expect(on({ cpu_features: ["avx2", "avx512f"] }, {})).toBe("CPU_FEATURE_MISSING");
    expect(on({ cpu_features: ["avx2"] }, { cpu_features: null })).toBe("untried");
  });

  it("needs its memory", () => {
    expect(on({ memory_bytes: 32 * 1024 ** 3 }, {})).toBe("fits");
    expect(on({ memory_bytes: 33 * 1024 ** 3 }, {})).toBe("NOT_ENOUGH_MEMORY");
    expect(on({ memory_bytes: 1 }, { memory_bytes: null })).toBe("untried");
  });
});
