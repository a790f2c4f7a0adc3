import { describe, expect, it } from "vitest";
import type { CatalogWorker } from "../../../src/domain/resolution/catalog.ts";
import { type Asked, choose } from "../../../src/domain/resolution/choose.ts";
import type { LicenseView } from "../../../src/domain/resolution/license.ts";
import type { MachineBody } from "../../../src/domain/resolution/machine.ts";
import { build, DESKTOP, LICENSE, machine, release, worker } from "../../support/resolution-fixture.ts";

const cuda12 = build("w-cuda12", { cuda: { min: "12.4" } });
const cuda13 = build("w-cuda13", { cuda: { min: "13.0" } });
const cpu = worker("cpu", [release("1.0.0", [build("w-cpu")])]);
const cuda = worker("cuda", [release("1.0.0", [cuda12, cuda13])]);
const premiumCpu = worker("premium-cpu", [release("2.0.0", [build("p2")]), release("1.9.0", [build("p1")])]);
const premiumCuda = worker("premium-cuda", [release("2.0.0", [cuda12, cuda13]), release("1.9.0", [cuda12])]);
const ALL = [cpu, cuda, premiumCpu, premiumCuda, worker("sd-cuda", [release("1.0.0", [cuda12])])];

const OLD_DRIVER: MachineBody = { ...DESKTOP, gpus: [{ vendor: "nvidia", driver: "535.183.01", architecture: "8.6" }] };
const NO_GPU: MachineBody = { ...DESKTOP, gpus: [] };

/** The chosen worker, version and file in one text, null for none, and the whole answer. */
function chosen(
  of: MachineBody,
  catalog: readonly CatalogWorker[] = ALL,
  license: LicenseView | null = null,
  asked: Asked = {},
) {
  const answer = choose(machine(of), catalog, license, asked);
  const { choice } = answer;
  const text = choice && `${choice.worker_id} ${choice.version} ${choice.filename}`;
  return {
    text,
    ...answer,
    codes: Object.fromEntries(answer.ruled_out.map((row) => [row.filename ?? row.worker_id, row.code])),
  };
}

describe("the build for a machine", () => {
  it("is the one whose CUDA the driver runs, and the answer says why not the newer one", () => {
    const { text, ruled_out } = chosen(OLD_DRIVER, [cuda]);
    expect(text).toBe("llm-worker-rbee-cuda 1.0.0 w-cuda12");
    expect(ruled_out).toEqual([
      {
        ...{ worker_id: "llm-worker-rbee-cuda", version: "1.0.0", filename: "w-cuda13", code: "DRIVER_TOO_OLD" },
        detail:
          "Driver 535.183.01 is too old for CUDA 13.0, which needs driver 580 or newer; the CUDA 12.4 build fits.",
      },
    ]);
  });

  it("is the one with the most demands of those that fit", () => {
    const plain = build("w", { cuda: { min: "12.0" } });
    const ada = build("w-ada", { cuda: { min: "12.0" }, gpu: ["sm_86"] });
    const avx512 = build("w-avx512", { cuda: { min: "12.0" }, gpu: ["sm_86"], cpu_features: ["avx512f"] });
    const { text, codes } = chosen(DESKTOP, [worker("cuda", [release("1.0.0", [avx512, plain, ada])])]);
    expect(text).toBe("llm-worker-rbee-cuda 1.0.0 w-ada");
    expect(codes).toEqual({ w: "NOT_PREFERRED", "w-avx512": "CPU_FEATURE_MISSING" });
  });

  it("is for the accelerator where there is one, and for the CPU elsewhere", () => {
    expect(chosen(DESKTOP).text).toBe("llm-worker-rbee-cuda 1.0.0 w-cuda12");
    const without = chosen(NO_GPU);
    expect(without.text).toBe("llm-worker-rbee-cpu 1.0.0 w-cpu");
    expect(without.codes["llm-worker-rbee-cuda"]).toBe("WRONG_BACKEND");
  });

  it("is of a worker that generates text, unless an image worker is named", () => {
    expect(chosen(DESKTOP, [worker("sd-cuda", [release("1.0.0", [cuda12])])]).text).toBeNull();
    expect(chosen(DESKTOP, ALL, null, { worker: "sd-worker-rbee" }).text).toBe("sd-worker-rbee-cuda 1.0.0 w-cuda12");
  });

  it("is of the worker, variant or family that is named", () => {
    const named = (name: string) => chosen(DESKTOP, ALL, null, { worker: name }).text;
    expect(named("cpu")).toBe("llm-worker-rbee-cpu 1.0.0 w-cpu");
    expect(named("llm-worker-rbee-cpu")).toBe("llm-worker-rbee-cpu 1.0.0 w-cpu");
    expect(named("llm-worker-rbee")).toBe("llm-worker-rbee-cuda 1.0.0 w-cuda12");
    expect(chosen(DESKTOP, ALL, null, { worker: "no-such" })).toMatchObject({
      ...{ choice: null, why: "The catalog has no worker no-such.", ruled_out: [] },
    });
  });

  it("is of the newest version of the channel, or of the version that is named", () => {
    const many = worker("cpu", [
      release("2.0.0-rc.1", [build("rc")], { channel: "rc" }),
      release("1.2.0", [build("yanked")], { status: "yanked" }),
      release("1.1.0", [build("blocked")], { status: "blocked" }),
      release("1.0.0", [build("stable")]),
    ]);
    const asked = (wish: Asked) => chosen(NO_GPU, [many], null, { worker: "cpu", ...wish });
    expect(asked({}).text).toBe("llm-worker-rbee-cpu 1.0.0 stable");
    expect(asked({ channel: "rc" }).text).toBe("llm-worker-rbee-cpu 2.0.0-rc.1 rc");
    expect(asked({ version: "1.2.0" }).text).toBe("llm-worker-rbee-cpu 1.2.0 yanked");
    expect(asked({ version: "1.1.0" }).codes).toEqual({ "llm-worker-rbee-cpu": "RELEASE_BLOCKED" });
    expect(asked({ version: "3.0.0" }).codes).toEqual({ "llm-worker-rbee-cpu": "VERSION_NOT_FOUND" });
  });

  it("is of an older version if no build of the newest one fits, and the answer says so", () => {
    const { text, why, codes } = chosen(OLD_DRIVER, [
      worker("cuda", [release("1.1.0", [cuda13]), release("1.0.0", [cuda12])]),
    ]);
    expect(text).toBe("llm-worker-rbee-cuda 1.0.0 w-cuda12");
    expect(why).toContain("1.1.0 is newer, but no build of it fits.");
    expect(codes).toEqual({ "w-cuda13": "DRIVER_TOO_OLD" });
  });

  it("is never a package", () => {
    const packed = { ...build("w-1.0.0-1-x86_64.pkg.tar.zst"), kind: "package" };
    expect(chosen(NO_GPU, [worker("cpu", [release("1.0.0", [packed])])]).codes).toEqual({
      "llm-worker-rbee-cpu": "NOT_RELEASED",
    });
  });
});

describe("a fact that the machine does not state", () => {
  const SEEN: MachineBody = { ...DESKTOP, gpus: [{ vendor: "nvidia" }] };

  it("leaves its build for when nothing safer fits", () => {
    const { text, codes, untried } = chosen(SEEN);
    expect(text).toBe("llm-worker-rbee-cpu 1.0.0 w-cpu");
    expect(untried).toEqual([]);
    expect(codes["w-cuda12"]).toBe("UNTRIED");
  });

  it("gives the build with the least demands if there is no other, said to be untried", () => {
    const { text, why, untried, codes } = chosen(SEEN, [cuda]);
    expect(text).toBe("llm-worker-rbee-cuda 1.0.0 w-cuda12");
    expect(untried).toEqual(["whether the driver runs CUDA 12.4"]);
    expect(why).toContain("may run on this machine");
    expect(why).toContain("Untried, because this is not known: whether the driver runs CUDA 12.4.");
    expect(codes).toEqual({ "w-cuda13": "UNTRIED" });
  });

  it("prefers an older version that is known to fit", () => {
    const known = worker("cpu", [
      release("1.1.0", [build("new", { memory_bytes: 1 })]),
      release("1.0.0", [build("old")]),
    ]);
    const { text, why } = chosen({ ...NO_GPU, memory_bytes: null }, [known]);
    expect(text).toBe("llm-worker-rbee-cpu 1.0.0 old");
    expect(why).toContain("1.1.0 is newer, but it is not known whether it fits.");
  });
});

describe("a license", () => {
  it("opens the premium worker of the same backend, which comes before the free one", () => {
    const { text, codes } = chosen(DESKTOP, ALL, LICENSE);
    expect(text).toBe("llm-worker-rbee-premium-cuda 2.0.0 w-cuda12");
    expect(codes["w-cpu"]).toBe("NOT_PREFERRED");
    expect(chosen(NO_GPU, ALL, LICENSE).text).toBe("llm-worker-rbee-premium-cpu 2.0.0 p2");
  });

  it("does not make a premium worker for the CPU better than a free one for the GPU", () => {
    expect(chosen(DESKTOP, [cpu, cuda, premiumCpu], LICENSE).text).toBe("llm-worker-rbee-cuda 1.0.0 w-cuda12");
  });

  it("that covers 1.x alone gets the newest of that, and is told", () => {
    const { text, why, ruled_out } = chosen(NO_GPU, [premiumCpu], { ...LICENSE, versions: "<2.0.0" });
    expect(text).toBe("llm-worker-rbee-premium-cpu 1.9.0 p1");
    expect(why).toContain("2.0.0 is newer, but the license does not cover it.");
    expect(ruled_out).toEqual([
      {
        ...{ worker_id: "llm-worker-rbee-premium-cpu", version: "2.0.0", filename: "p2", code: "VERSION_NOT_COVERED" },
        detail: "The license covers versions <2.0.0, and not 2.0.0.",
      },
    ]);
  });

  it("whose updates have ended gets the releases of before", () => {
    const late = worker("premium-cpu", [
      release("1.1.0", [build("late")], { published_at: 200 }),
      release("1.0.0", [build("early")], { published_at: 100 }),
    ]);
    const { text, codes } = chosen(NO_GPU, [late], { ...LICENSE, updates_until: 150 });
    expect(text).toBe("llm-worker-rbee-premium-cpu 1.0.0 early");
    expect(codes).toEqual({ late: "VERSION_NOT_COVERED" });
  });

  it.each([
    ["none", null, "LICENSE_REQUIRED"],
    ["one for other workers", { ...LICENSE, entitlements: ["other-*"] }, "NOT_ENTITLED"],
    [
      "one that has ended",
      { ...LICENSE, refusal: { code: "LICENSE_EXPIRED", detail: "This license has ended." } },
      "LICENSE_EXPIRED",
    ],
    ["one for other versions", { ...LICENSE, versions: "<1.0.0" }, "VERSION_NOT_COVERED"],
  ])("%s: the premium worker is told and the free one chosen", (_, license, code) => {
    const { text, codes } = chosen(NO_GPU, [cpu, premiumCpu], license);
    expect(text).toBe("llm-worker-rbee-cpu 1.0.0 w-cpu");
    expect(codes).toEqual({ p2: code });
  });

  it("is not asked for a worker that this machine cannot run, or that has no release", () => {
    const named = (of: MachineBody, catalog: CatalogWorker[]) =>
      chosen(of, catalog, null, { worker: "llm-worker-rbee-premium" });
    expect(named({ platform: "windows-x86_64" }, [premiumCpu]).codes).toEqual({
      "llm-worker-rbee-premium-cpu": "WRONG_PLATFORM",
    });
    expect(named(NO_GPU, [premiumCuda]).codes).toEqual({ "llm-worker-rbee-premium-cuda": "WRONG_BACKEND" });
    expect(named(NO_GPU, [worker("premium-cpu", [])])).toMatchObject({
      ...{ codes: { "llm-worker-rbee-premium-cpu": "NOT_RELEASED" } },
      why: "No build for this machine. llm-worker-rbee-premium-cpu has no released binary yet.",
    });
    expect(named({ ...NO_GPU, libc: { name: "musl" } }, [premiumCpu]).codes).toEqual({ p2: "LIBC_MISMATCH" });
  });
});

describe("a choice of none", () => {
  it("of a worker for this platform, without a file for it yet, says so and how else to get it", () => {
    // A file for another platform says nothing of the worker: its recipe builds on this one.
    const on = (worker: string, version?: string) =>
      chosen({ ...NO_GPU, platform: "linux-aarch64" }, ALL, null, { worker, version });
    expect(on("cpu")).toMatchObject({
      codes: { "llm-worker-rbee-cpu": "NOT_RELEASED" },
      why: "No build for this machine. llm-worker-rbee-cpu has no released binary for linux-aarch64 yet. Its recipe builds it from source.",
    });
    expect(on("cpu", "1.0.0").why).toMatch(/cpu 1\.0\.0 has no binary for linux-aarch64\.$/);
    expect(on("premium-cpu").why).toMatch(/premium-cpu has no released binary for linux-aarch64 yet\.$/);
  });

  it("does not blame the machine if the license is in the way", () => {
    const revoked = { ...LICENSE, refusal: { code: "LICENSE_REVOKED", detail: "This license has been revoked." } };
    const { why } = chosen(NO_GPU, [premiumCpu], revoked);
    expect(why).toBe("No build may be installed. llm-worker-rbee-premium-cpu: This license has been revoked.");
  });

  it("names the reasons that come nearest", () => {
    const { why, choice } = chosen({ ...NO_GPU, libc: { name: "musl", version: "1.2" } });
    expect(choice).toBeNull();
    expect(why).toBe(
      "No build for this machine. llm-worker-rbee-premium-cpu: This system's C library is musl, and it needs glibc to start. " +
        "llm-worker-rbee-cpu: This system's C library is musl, and it needs glibc to start.",
    );
  });

  it("for a free worker without a binary names its recipe", () => {
    expect(chosen(DESKTOP, [worker("cuda", [])]).ruled_out[0]?.detail).toBe(
      "llm-worker-rbee-cuda has no released binary yet. Its recipe builds it from source.",
    );
  });
});
