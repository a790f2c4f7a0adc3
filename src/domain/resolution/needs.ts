import { compareDotted, isBeyond, parseDotted } from "../../lib/dotted-version.ts";
import type { Build } from "../releases/build.ts";
import { memoryWords, type Requires, type VersionRange } from "../releases/requires/requires.ts";
import { featureName, type Gpu, type Machine } from "./machine.ts";
import { type GpuVerdict, judgeCuda, judgeGeneration, judgePtx, runsOn } from "./nvidia.ts";

/** The reasons for which a build does not run on a machine. */
export const NEED_CODES = [
  "WRONG_PLATFORM",
  "USERLAND_32_BIT",
  "WRONG_BACKEND",
  "LIBC_MISMATCH",
  "LIBC_TOO_OLD",
  "CPU_FEATURE_MISSING",
  "NOT_ENOUGH_MEMORY",
  "DRIVER_TOO_OLD",
  "DRIVER_TOO_NEW",
  "ROCM_TOO_OLD",
  "ROCM_TOO_NEW",
  "GPU_NOT_SUPPORTED",
] as const;
export type NeedCode = (typeof NEED_CODES)[number];

/** A need that a machine does not meet. `detail` is a sentence without its first capital and its period. */
export type Lack = { code: NeedCode; detail: string };

/** A build runs on a machine as far as is known, with the facts that the machine does not state; or it does not. */
export type Verdict = { untried: readonly string[] } | { lack: Lack };

/** The makers of the GPUs that each backend computes on. */
const VENDORS: ReadonlyMap<string, readonly [vendor: string, name: string]> = new Map([
  ["cuda", ["nvidia", "NVIDIA"]],
  ["rocm", ["amd", "AMD"]],
  ["metal", ["apple", "Apple"]],
]);

const lacks = (code: NeedCode, detail: string): { lack: Lack } => ({ lack: { code, detail } });

/** Whether a machine has the kind of processor that a backend computes on. */
export function judgeBackend(backend: string, machine: Machine): Verdict {
  if (backend === "cpu") return { untried: [] };
  const [vendor, name] = VENDORS.get(backend) ?? [backend, backend];
  if (machine.gpus === null) {
    // Every Mac with Apple silicon has a GPU that Metal computes on.
    if (backend === "metal" && machine.platform === "macos-aarch64") return { untried: [] };
    return { untried: [`whether it has an ${name} GPU`] };
  }
  if (machine.gpus.some((gpu) => gpu.vendor === vendor)) return { untried: [] };
  return lacks("WRONG_BACKEND", `it needs an ${name} GPU, and this machine has none`);
}

/** Decides whether a build runs on a machine. `backend` is that of its worker, if the build does not name one. */
export function judgeBuild({ platform, requires }: Build, backend: string, machine: Machine): Verdict {
  const needs = requires ?? {};
  if (platform !== machine.platform) {
    return lacks("WRONG_PLATFORM", `it is for ${platform}, and this machine is ${machine.platform}`);
  }
  if (machine.userlandBits === 32) {
    return lacks("USERLAND_32_BIT", "the programs of this system are 32-bit, and it is 64-bit");
  }
  const untried: string[] = [];
  for (const verdict of [
    judgeBackend(needs.backend ?? backend, machine),
    judgeLibc(needs, machine),
    judgeProcessor(needs, machine),
    judgeGpus(needs, needs.backend ?? backend, machine),
  ]) {
    if ("lack" in verdict) return verdict;
    untried.push(...verdict.untried);
  }
  return { untried };
}

/** A build for Linux that names no C library was linked with glibc, the default of Rust's targets. */
function judgeLibc({ libc }: Requires, machine: Machine): Verdict {
  if (!machine.platform.startsWith("linux-")) return { untried: [] };
  const name = libc?.name ?? "glibc";
  const has = machine.libc;
  if (has === null) return { untried: libc ? [`the C library, for ${name} ${libc.version ?? ""}`.trimEnd()] : [] };
  if (has.name !== name) {
    return lacks("LIBC_MISMATCH", `this system's C library is ${has.name}, and it needs ${name} to start`);
  }
  const [needed, present] = [parseDotted(libc?.version ?? ""), parseDotted(has.version ?? "")];
  if (needed === null) return { untried: [] };
  if (present === null) return { untried: [`the version of ${name}, for ${libc?.version}`] };
  return compareDotted(present, needed) >= 0
    ? { untried: [] }
    : lacks("LIBC_TOO_OLD", `${name} ${has.version} is too old for it, it needs ${libc?.version} or newer`);
}

function judgeProcessor({ cpu_features, memory_bytes }: Requires, machine: Machine): Verdict {
  const untried: string[] = [];
  const wanted = cpu_features ?? [];
  if (machine.cpuFeatures === null && wanted.length > 0) untried.push(`whether the CPU has ${wanted.join(", ")}`);
  const missing = wanted.filter((name) => machine.cpuFeatures?.has(featureName(name)) === false);
  if (missing.length > 0) return lacks("CPU_FEATURE_MISSING", `the CPU has no ${missing.join(", ")}`);
  if (memory_bytes === undefined) return { untried };
  if (machine.memoryBytes === null) return { untried: [...untried, "the size of the memory"] };
  if (machine.memoryBytes >= memory_bytes) return { untried };
  const [needed, present] = [memoryWords(memory_bytes), memoryWords(machine.memoryBytes)];
  return lacks("NOT_ENOUGH_MEMORY", `it needs ${needed} of memory, and this machine has ${present}`);
}

/** Whether one GPU of the machine meets every need, at best without an unknown fact. */
function judgeGpus(needs: Requires, backend: string, machine: Machine): Verdict {
  if (!needs.cuda && !needs.rocm && !needs.gpu) return { untried: [] };
  const vendor = VENDORS.get(backend)?.[0];
  const verdicts = (machine.gpus ?? [])
    .filter((gpu) => gpu.vendor === vendor)
    .map((gpu) => judgeGpu(needs, gpu, machine));
  const best = verdicts.flatMap((verdict) => ("lack" in verdict ? [] : [verdict]));
  // Without a list of GPUs, the backend's own verdict says that it is not known.
  return best.sort((a, b) => a.untried.length - b.untried.length)[0] ?? verdicts[0] ?? { untried: [] };
}

function judgeGpu({ cuda, rocm, gpu: targets }: Requires, gpu: Gpu, { platform }: Machine): Verdict {
  const untried: string[] = [];
  const system = platform.startsWith("windows-") ? "windows" : "linux";
  for (const verdict of [
    cuda ? judgeCuda(cuda, gpu, system) : "met",
    cuda ? judgeGeneration(cuda, gpu) : "met",
    rocm ? judgeRocm(rocm, gpu) : "met",
    targets ? judgeTargets(targets, gpu) : "met",
    cuda && targets ? judgePtx(cuda, targets, gpu, system) : "met",
  ] satisfies GpuVerdict<NeedCode>[]) {
    if (verdict === "met") continue;
    if ("code" in verdict) return { lack: verdict };
    untried.push(verdict.unknown);
  }
  return { untried };
}

function judgeRocm({ min, max }: VersionRange, { rocm }: Gpu): GpuVerdict<"ROCM_TOO_OLD" | "ROCM_TOO_NEW"> {
  const has = parseDotted(rocm ?? "");
  if (has === null) return { unknown: `the version of ROCm, for ${min}` };
  if (compareDotted(has, parseDotted(min) ?? []) < 0) {
    return { code: "ROCM_TOO_OLD", detail: `ROCm ${rocm} is too old for it, it needs ${min} or newer` };
  }
  if (max === undefined || !isBeyond(has, parseDotted(max) ?? [])) return "met";
  return { code: "ROCM_TOO_NEW", detail: `ROCm ${rocm} is too new for it, it ends with ROCm ${max}` };
}

/** Code for AMD runs on exactly the GPU that it names (LLVM, "User Guide for AMDGPU Backend", "Processors"). */
function judgeTargets(targets: readonly string[], { architecture }: Gpu): GpuVerdict<"GPU_NOT_SUPPORTED"> {
  if (architecture === null) return { unknown: `the GPU's generation, for ${targets.join(" or ")}` };
  if (targets.some((target) => target === architecture || runsOn(target, architecture))) return "met";
  return { code: "GPU_NOT_SUPPORTED", detail: `the GPU is ${architecture}, and it is for ${targets.join(" or ")}` };
}
