import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { platformOf, probeMachine } from "../../src/cli/hive/probe/machine.ts";
import { hostSystem, runBounded, type System } from "../../src/cli/hive/probe/system.ts";
import { COMMON_FACTS, layMachine } from "../support/node/machines.ts";
import { NVIDIA_MACHINES } from "../support/node/nvidia-machines.ts";
import { OTHER_MACHINES } from "../support/node/other-machines.ts";
import { temporaryFolder } from "../support/node/temporary-folder.ts";

/** A Linux whose files are below `root`, and whose programs are those in `root`/bin and of absolute paths below it. */
const systemBelow = (root: string, limitMs = 60_000): System => ({
  ...hostSystem,
  platform: "linux",
  totalMemory: COMMON_FACTS.memory_bytes,
  read: (path) => hostSystem.read(join(root, path)),
  list: async (folder) => (await hostSystem.list(join(root, folder))).map((path) => path.slice(root.length)),
  isThere: (path) => hostSystem.isThere(join(root, path)),
  isWritable: (path) => hostSystem.isWritable(join(root, path)),
  run: (program, ...args) =>
    runBounded(join(root, program.startsWith("/") ? program : `bin/${program}`), args, {
      limitMs: program === "nvidia-smi" ? limitMs : 60_000,
    }),
});

describe("the probe of a machine", () => {
  it.each([...NVIDIA_MACHINES, ...OTHER_MACHINES])("finds $name", async (machine) => {
    const root = await temporaryFolder();
    layMachine(root, machine);
    const found = await probeMachine(systemBelow(root, machine.hangs ? 500 : 60_000), "linux-x86_64");
    expect(found.machine).toEqual({ platform: "linux-x86_64", ...COMMON_FACTS, ...machine.expected });
    expect(found.remarks.join("\n")).toMatch(machine.doubt ?? /^$/);
  });

  it("takes the limit of a container for its memory", async () => {
    const root = await temporaryFolder();
    layMachine(root, { files: { "/sys/fs/cgroup/memory.max": "2147483648\n" } });
    const { machine } = await probeMachine(systemBelow(root), "linux-x86_64");
    expect(machine.memory_bytes).toBe(2_147_483_648);
  });

  it("says that the features are not known, and does not take it for none", async () => {
    const root = await temporaryFolder();
    layMachine(root, { files: { "/proc/cpuinfo": "processor\t: 0\n" } });
    const { machine, remarks } = await probeMachine(systemBelow(root), "linux-x86_64");
    expect([machine.cpu_features, remarks[0]]).toEqual([undefined, expect.stringContaining("processor's features")]);
  });

  it("finds Apple silicon", async () => {
    const root = await temporaryFolder();
    const answers: Record<string, string> = {
      "machdep.cpu.brand_string": "Apple M2 Pro",
      "hw.optional.arm.AdvSIMD": "1",
      "hw.optional.arm.FEAT_I8MM": "1",
      "hw.optional.arm.FEAT_BF16": "0",
    };
    const system: System = {
      ...systemBelow(root),
      platform: "darwin",
      arch: "arm64",
      run: async (_program, ...args) => {
        const output = answers[args.at(-1) ?? ""];
        return output === undefined
          ? { status: 1, late: false, output: "sysctl: unknown oid" }
          : { status: 0, late: false, output: `${output}\n` };
      },
    };
    expect(
      await platformOf({ ...system, arch: "x64", run: async () => ({ status: 0, late: false, output: "1\n" }) }),
    ).toBe("macos-aarch64");
    expect(await probeMachine(system, "macos-aarch64")).toEqual({
      machine: {
        platform: "macos-aarch64",
        cpu_features: ["asimd", "i8mm"],
        memory_bytes: COMMON_FACTS.memory_bytes,
        gpus: [{ vendor: "apple", name: "Apple M2 Pro" }],
      },
      remarks: [],
    });
  });

  it("gives no secret to the programs that it asks", async () => {
    const env = { PATH: process.env["PATH"], RBEE_LICENSE_KEY: "a", GITHUB_TOKEN: "b", HOME: "/h" };
    const ran = await runBounded("env", [], { env });
    expect(ran?.output).toMatch(/^HOME=\/h$/m);
    expect(ran?.output).not.toMatch(/LICENSE|TOKEN/);
  });

  it.runIf(process.platform === "linux")("agrees with the real tools of this machine", async () => {
    const { machine } = await probeMachine(hostSystem, "linux-x86_64");
    // Some kernels leave two blanks where a feature is hidden.
    const listed = /^(?:flags|Features)\s*: (.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1];
    expect(machine.cpu_features).toEqual(listed?.trim().split(/\s+/));
    expect(machine.libc?.name).toMatch(/^(glibc|musl)$/);
  });
});
