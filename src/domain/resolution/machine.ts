import * as z from "zod";
import { lazy } from "../../lib/lazy.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { parseArchitecture, parsePlatform } from "../workers/hardware.ts";

const Name = z.string().max(200).nullish();
/** A version as a tool printed it, which may be a number or `[N/A]`. */
const Printed = z.union([z.string().max(200), z.number()]).nullish();
const Bytes = z.number().nonnegative().nullish();

/**
 * A machine as a client describes it. Only its platform is needed: `platform`, or `os` and `arch`. A member that is
 * absent or null is unknown; an empty list says that there is none. Unknown members are ignored.
 */
export const machineSchema = lazy(() =>
  z.object({
    platform: Name.describe("`linux-x86_64` and the like. Other spellings such as `Darwin-arm64` are accepted."),
    os: Name.describe("In place of `platform`, with `arch`: `linux`, `Darwin`, `windows`."),
    arch: Name.describe("`x86_64`, `amd64`, `aarch64`, `arm64`."),
    libc: z.object({ name: Name, version: Printed }).nullish().describe("The C library of Linux: `glibc` or `musl`."),
    userland_bits: z.number().nullish().describe("32 if programs must be 32-bit although the kernel is 64-bit."),
    cpu_features: z.array(z.string().max(200)).max(2_000).nullish().describe("As /proc/cpuinfo lists them."),
    memory_bytes: Bytes.describe("Memory of the machine in bytes."),
    gpus: z
      .array(
        z.object({
          vendor: Name.describe("`nvidia`, `amd`, `apple` or `intel`."),
          name: Name,
          driver: Printed.describe("Version of the driver, such as `535.183.01`."),
          cuda: Printed.describe("The newest CUDA that the driver runs, as nvidia-smi shows it."),
          rocm: Printed.describe("The installed version of ROCm."),
          architecture: Name.describe("`sm_86` or NVIDIA's compute capability `8.6`; `gfx1100`."),
          memory_bytes: Bytes,
        }),
      )
      .max(64)
      .nullish()
      .describe("Every GPU; `[]` if there is none, absent if it is not known."),
  }),
);

export type MachineBody = z.input<ReturnType<typeof machineSchema>>;

/** A GPU. `architecture` is `sm_86` or `gfx1100`. Versions are dotted numbers. Null: unknown. */
export type Gpu = {
  vendor: string;
  driver: string | null;
  cuda: string | null;
  rocm: string | null;
  architecture: string | null;
};

/** A machine with every name in its one form. Null: unknown. `gpus: []`: it has none. */
export type Machine = {
  /** `linux-x86_64`, or a platform that the catalog has nothing for, such as `freebsd-riscv64`. */
  platform: string;
  libc: { name: string; version: string | null } | null;
  userlandBits: number | null;
  cpuFeatures: ReadonlySet<string> | null;
  memoryBytes: number | null;
  gpus: readonly Gpu[] | null;
};

/**
 * Reads the description of a machine. Each name is brought to its one form, and a version without a number becomes
 * unknown. The error is the member that is missing or contradicts another, with a sentence.
 */
export function machineOf(body: MachineBody): Result<Machine, { path: string; message: string }> {
  const platform = platformOf(body);
  if (!platform.ok) return platform;
  const { libc, userland_bits, cpu_features, memory_bytes, gpus } = body;
  // A machine with eight equal cards has one kind of card to judge.
  const kinds = gpus && new Map(gpus.map(gpuOf).map((gpu) => [JSON.stringify(gpu), gpu]));
  return ok({
    platform: platform.value,
    libc: libc?.name ? { name: libcName(libc.name), version: dotted(libc.version) } : null,
    userlandBits: userland_bits ?? null,
    cpuFeatures: cpu_features ? new Set(cpu_features.map(featureName)) : null,
    memoryBytes: memory_bytes ?? null,
    gpus: kinds ? [...kinds.values()] : null,
  });
}

function platformOf({ platform, os, arch }: MachineBody): Result<string, { path: string; message: string }> {
  const fault = (path: string, message: string) => err({ path, message });
  const [, system = "", , rest] = /^([^-]*)(-(.*))?$/s.exec(plain(platform || os || "")) ?? [];
  const architecture = rest ?? plain(arch ?? "");
  if (system === "") return fault("platform", "Send platform, such as linux-x86_64, or os and arch.");
  if (architecture === "") return fault("arch", "Send the instruction set as well, such as linux-x86_64.");
  const known = parsePlatform(system)?.operatingSystem ?? system;
  const own = parseArchitecture(architecture) ?? architecture;
  const stated = arch ? (parseArchitecture(plain(arch)) ?? plain(arch)) : own;
  return stated === own ? ok(`${known}-${own}`) : fault("arch", "Contradicts the instruction set of platform.");
}

/** A name in lower case, without anything that does not belong into a name, so that sentences may repeat it. */
const plain = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9._+-]/g, "")
    .slice(0, 64);

/** The names of the GNU C library in Rust, Python and `ldd --version`. */
const libcName = (name: string): string =>
  /^(gnu|gnu libc|glibc|gnu c library)$/i.test(name.trim()) ? "glibc" : plain(name);

const dotted = (text: string | number | null | undefined): string | null =>
  /\d+(?:\.\d+)*/.exec(String(text ?? ""))?.[0].slice(0, 32) ?? null;

/**
 * Names of CPU features in Linux that Rust and compilers call otherwise (Linux: arch/x86/include/asm/cpufeatures.h and
 * Documentation/arch/arm64/elf_hwcaps.rst; Rust: `rustc --print target-features`).
 */
const FEATURE_NAMES: ReadonlyMap<string, string> = new Map([
  ["pni", "sse3"],
  ["abm", "lzcnt"],
  ["asimd", "neon"],
  ["asimddp", "dotprod"],
  ["asimdhp", "fp16"],
  ["atomics", "lse"],
]);

/** The one form of the name of a CPU feature: `sse4_2` for `SSE4.2`. */
export function featureName(name: string): string {
  const form = plain(name).replaceAll(/[.-]/g, "_");
  return FEATURE_NAMES.get(form) ?? form;
}

const VENDORS: readonly (readonly [RegExp, string])[] = [
  [/nvidia/i, "nvidia"],
  [/^(amd|ati)\b|advanced micro devices/i, "amd"],
  [/apple/i, "apple"],
  [/intel/i, "intel"],
];

type GpuBody = NonNullable<MachineBody["gpus"]>[number];

const gpuOf = ({ vendor, driver, cuda, rocm, architecture }: GpuBody): Gpu => ({
  vendor: VENDORS.find(([pattern]) => pattern.test(vendor ?? ""))?.[1] ?? plain(vendor ?? ""),
  driver: dotted(driver),
  cuda: dotted(cuda),
  rocm: dotted(rocm),
  architecture: architectureOf(architecture ?? ""),
});

/** The one form of a GPU's generation: `sm_86` for `8.6` and `SM86`, `gfx90a` for `gfx90a:sramecc+:xnack-`. */
function architectureOf(text: string): string | null {
  const name = text.trim().toLowerCase();
  const [, major, minor] = /^(\d{1,2})\.(\d)$/.exec(name) ?? [];
  if (major !== undefined && minor !== undefined) return `sm_${major}${minor}`;
  const compute = /^(?:sm|compute)_?(\d{2,3})[af]?$/.exec(name)?.[1];
  if (compute !== undefined) return `sm_${compute}`;
  return /^gfx[0-9a-f]{3,5}(?=:|$)/.exec(name)?.[0] ?? null;
}
