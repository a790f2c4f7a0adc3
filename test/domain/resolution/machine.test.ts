import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { choose } from "../../../src/domain/resolution/choose.ts";
import { machineOf, machineSchema } from "../../../src/domain/resolution/machine.ts";
import { build, DESKTOP, machine, release, worker } from "../../support/resolution-fixture.ts";

describe("a machine's description", () => {
  it.each([
    [{ platform: "linux-x86_64" }, "linux-x86_64"],
    [{ platform: "Darwin-ARM64" }, "macos-aarch64"],
    [{ platform: "win32-x64" }, "windows-x86_64"],
    [{ platform: "linux-x86-64" }, "linux-x86_64"],
    [{ platform: "linux", arch: "amd64" }, "linux-x86_64"],
    [{ platform: null, os: "LINUX", arch: "aarch64" }, "linux-aarch64"],
    [{ platform: "linux-amd64", os: "windows", arch: "x64" }, "linux-x86_64"],
    [{ platform: "FreeBSD-riscv64" }, "freebsd-riscv64"],
    [{ os: "linux", arch: "armv7l" }, "linux-armv7l"],
  ])("%j has the platform %s", (body, platform) => {
    expect(machine(body).platform).toBe(platform);
  });

  it("keeps of a version its numbers, and takes a text without one for unknown", () => {
    const gpus = [
      { vendor: "NVIDIA Corporation", driver: "NVRM 535.183.01 Release", cuda: 12.2, architecture: "compute_86" },
      {
        vendor: "Advanced Micro Devices, Inc. [AMD/ATI]",
        driver: "[N/A]",
        rocm: "6.2.0-66",
        architecture: "gfx90a:xnack-",
      },
      { vendor: "ASPEED", architecture: "AST2500" },
    ];
    expect(machine({ ...DESKTOP, gpus }).gpus).toEqual([
      { vendor: "nvidia", driver: "535.183.01", cuda: "12.2", rocm: null, architecture: "sm_86" },
      { vendor: "amd", driver: null, cuda: null, rocm: "6.2.0", architecture: "gfx90a" },
      { vendor: "aspeed", driver: null, cuda: null, rocm: null, architecture: null },
    ]);
  });

  it("with any members is refused or answered, and no sentence repeats a control character", () => {
    const catalog = [
      worker("cuda", [
        release("1.0.0", [build("w", { cuda: { min: "12.4" }, gpu: ["sm_80"], cpu_features: ["avx2"] })]),
      ]),
      worker("cpu", [release("1.0.0", [build("c", { libc: { name: "glibc", version: "2.31" }, memory_bytes: 9 })])]),
    ];
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("linux", "8.6", "nvidia", "535", "12.4"));
    const value = fc.oneof(text, fc.double(), fc.constant(null), fc.constant(undefined));
    const gpu = fc.record({ vendor: value, driver: value, cuda: value, rocm: value, architecture: value });
    const body = fc.record({
      ...{ platform: fc.oneof(value, fc.constant("linux-x86_64")), os: value, arch: value, memory_bytes: value },
      ...{ libc: fc.oneof(value, fc.record({ name: value, version: value })), userland_bits: value },
      cpu_features: fc.oneof(value, fc.array(text)),
      gpus: fc.oneof(value, fc.array(gpu)),
    });
    fc.assert(
      fc.property(body, (any) => {
        const parsed = machineSchema().safeParse(any);
        const read = parsed.success ? machineOf(parsed.data) : null;
        if (!read?.ok) return;
        const answer = choose(read.value, catalog, null);
        expect(JSON.stringify(answer)).not.toMatch(/\\u00|\\[nrtbf]/);
      }),
      { numRuns: 1000 },
    );
  });
});
