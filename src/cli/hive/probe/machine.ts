import type { Platform } from "../../../domain/releases/manifest.ts";
import { hostPlatform } from "../machine.ts";
import type { Machine } from "./facts.ts";
import { findGpus } from "./gpus.ts";
import { findLibc } from "./libc.ts";
import type { System } from "./system.ts";

/**
 * The platform of this machine, as releases name it. Rosetta names x86-64 on Apple silicon. Throws `CliError` if there
 * are no workers for it.
 */
export async function platformOf({ platform, arch, run }: System): Promise<Platform> {
  const isRosetta =
    platform === "darwin" && (await run("sysctl", "-n", "sysctl.proc_translated"))?.output.trim() === "1";
  return hostPlatform(platform, isRosetta ? "arm64" : arch);
}

/** A machine, and the sentences for the person: facts that could not be found out, and remarks. */
export type Probe = { machine: Machine; remarks: string[] };

/**
 * Finds out what this machine is. A fact that cannot be found is left out and told: it is never guessed, and never
 * taken for "there is none". install.sh does the same in shell. Every program that it asks is ended after some seconds.
 */
export async function probeMachine(system: System, platform: string): Promise<Probe> {
  const isLinux = system.platform === "linux";
  const bits = isLinux ? await userLandOf(system) : undefined;
  const libc = isLinux ? await findLibc(system) : undefined;
  const features = await featuresOf(system);
  const memory = await memoryOf(system);
  const { gpus, doubts, remarks } = await findGpus(system);
  const unknown = [
    ...(bits === null ? ["whether its libraries are for 32 or 64 bits"] : []),
    ...(libc === null ? ["its C library"] : []),
    ...(features.length === 0 ? ["its processor's features"] : []),
    ...doubts,
  ];
  const machine: Machine = {
    platform,
    ...(bits && { userland_bits: bits }),
    ...(libc && { libc }),
    ...(features.length > 0 && { cpu_features: features }),
    memory_bytes: memory,
    ...(gpus && { gpus }),
  };
  const told = unknown.length > 0 ? [`Not known of this machine: ${unknown.join("; ")}.`] : [];
  return { machine, remarks: [...told, ...remarks] };
}

/** The architecture of the system's programs, which the kernel's says nothing of (dotnet/arcade#13386); or null. */
async function userLandOf({ run, arch }: System): Promise<32 | 64 | null> {
  const bits = (await run("getconf", "LONG_BIT"))?.output.trim();
  if (bits === "32" || bits === "64") return Number(bits) === 32 ? 32 : 64;
  if (["x64", "arm64"].includes(arch)) return 64;
  return ["ia32", "arm"].includes(arch) ? 32 : null;
}

/** macOS's names of features (developer.apple.com, "Determining instruction set characteristics") and Linux's. */
const APPLE_FEATURES = {
  AdvSIMD: "asimd",
  FEAT_FP16: "asimdhp",
  FEAT_DotProd: "asimddp",
  FEAT_I8MM: "i8mm",
  FEAT_BF16: "bf16",
};

async function featuresOf({ platform, read, run }: System): Promise<string[]> {
  if (platform !== "darwin") {
    const line = /^(?:flags|Features)\s*: *(.*)$/m.exec((await read("/proc/cpuinfo")) ?? "")?.[1] ?? "";
    return line.split(/\s+/).filter((name) => /^[a-z0-9_.]+$/.test(name));
  }
  const found: string[] = [];
  for (const [apple, name] of Object.entries(APPLE_FEATURES)) {
    if ((await run("sysctl", "-n", `hw.optional.arm.${apple}`))?.output.trim() === "1") found.push(name);
  }
  return found;
}

/** The limits of a container's memory, in the two versions of cgroups. */
const MEMORY_LIMITS = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];

/** The memory in bytes: of the container if it may use less than the machine has. */
async function memoryOf({ totalMemory, read }: System): Promise<number> {
  const limits = await Promise.all(MEMORY_LIMITS.map(async (file) => /^\d+$/m.exec((await read(file)) ?? "")?.[0]));
  return Math.min(totalMemory, ...limits.filter((limit) => limit !== undefined).map(Number));
}
