import { compareDotted, isBeyond, parseDotted } from "../../lib/dotted-version.ts";
import { isPtx, type VersionRange } from "../releases/requires/requires.ts";
import type { Gpu } from "./machine.ts";

/**
 * The lowest driver that runs programs of each major version of CUDA ("minor version compatibility"), and the oldest
 * GPU that its compilers and libraries have code for; newest first. Newer drivers run older CUDA as well. Sources:
 * docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html, and the CUDA Toolkit's release notes
 * (table 2; "Deprecated Architectures" of 11.0, 12.0 and 13.0).
 */
const TOOLKITS = [
  { major: 13, linux: "580", windows: "580", oldest: 75 },
  { major: 12, linux: "525.60.13", windows: "528.33", oldest: 50 },
  { major: 11, linux: "450.80.02", windows: "452.39", oldest: 35 },
] as const;

/** The verdict about one need of a GPU: met, not known, or not met with its clause. */
export type GpuVerdict<Code extends string> = "met" | { unknown: string } | { code: Code; detail: string };

/** The newest CUDA that a driver runs. `minor`: null if not known. `orNewer`: it may be a later major version. */
type DriverCuda = { major: number; minor: number | null; orNewer: boolean };

/** The CUDA of a driver, as it said itself, else by its number; "older" than the table, or null if not known. */
function cudaOf({ cuda, driver }: Gpu, system: "linux" | "windows"): DriverCuda | "older" | null {
  const [major, minor = 0] = parseDotted(cuda ?? "") ?? [];
  if (major !== undefined) return { major, minor, orNewer: false };
  const version = parseDotted(driver ?? "");
  if (version === null) return null;
  const at = TOOLKITS.findIndex((row) => compareDotted(version, parseDotted(row[system]) ?? []) >= 0);
  const row = TOOLKITS[at];
  // A driver that is newer than the table may run a CUDA that the table does not have.
  return row ? { major: row.major, minor: null, orNewer: at === 0 } : "older";
}

/** Whether the driver of an NVIDIA GPU runs a build for this range of CUDA. */
export function judgeCuda(
  range: VersionRange,
  gpu: Gpu,
  system: "linux" | "windows",
): GpuVerdict<"DRIVER_TOO_OLD" | "DRIVER_TOO_NEW"> {
  const has = cudaOf(gpu, system);
  const [needs = 0] = parseDotted(range.min) ?? [];
  const driver = gpu.driver === null ? "the driver" : `driver ${gpu.driver}`;
  const lowest = TOOLKITS.find(({ major }) => major === needs)?.[system];
  const unknown = { unknown: `whether ${driver} runs CUDA ${range.min}` };
  if (has === null || (has === "older" && lowest === undefined)) return unknown;
  if (has === "older" || has.major < needs) {
    if (has !== "older" && has.orNewer) return unknown;
    const advice = lowest === undefined ? "" : `, which needs driver ${lowest} or newer`;
    return { code: "DRIVER_TOO_OLD", detail: `${driver} is too old for CUDA ${range.min}${advice}` };
  }
  return range.max === undefined ? "met" : judgeMax(range.max, has, driver);
}

/** Whether a driver is not newer than the last CUDA that a build runs with. */
function judgeMax(max: string, { major, minor, orNewer }: DriverCuda, driver: string): GpuVerdict<"DRIVER_TOO_NEW"> {
  const numbers = parseDotted(max) ?? [];
  const [last = 0] = numbers;
  const isTooNew = major > last || (major === last && minor !== null && isBeyond([major, minor], numbers));
  if (isTooNew)
    return { code: "DRIVER_TOO_NEW", detail: `${driver} is too new for this build, which ends with CUDA ${max}` };
  const isKnown = !orNewer && (major < last || minor !== null || numbers.length === 1);
  return isKnown ? "met" : { unknown: `whether ${driver} is newer than CUDA ${max}` };
}

/**
 * Whether the toolkit of a build still has code for a GPU. One driver may run a toolkit that has dropped its GPU: 580
 * is for CUDA 13, and for a GPU of Pascal.
 */
export function judgeGeneration({ min }: VersionRange, { architecture }: Gpu): GpuVerdict<"GPU_NOT_SUPPORTED"> {
  const [needs] = parseDotted(min) ?? [];
  const oldest = TOOLKITS.find(({ major }) => major === needs)?.oldest;
  const actual = /^sm_(\d{2,3})$/.exec(architecture ?? "")?.[1];
  if (oldest === undefined || actual === undefined || Number(actual) >= oldest) return "met";
  return { code: "GPU_NOT_SUPPORTED", detail: `the GPU is ${architecture}, and CUDA ${min} begins with sm_${oldest}` };
}

/**
 * Whether the driver compiles the PTX of a build, if the GPU has nothing else of it. Minor version compatibility does
 * not hold there: a driver compiles no PTX of a newer toolkit than its own (CUDA error 222, unsupported PTX version;
 * huggingface/candle#1846).
 */
export function judgePtx(
  { min }: VersionRange,
  targets: readonly string[],
  gpu: Gpu,
  system: "linux" | "windows",
): GpuVerdict<"DRIVER_TOO_OLD"> {
  const { architecture } = gpu;
  if (architecture === null) return "met";
  const fitting = targets.filter((target) => runsOn(target, architecture));
  if (fitting.length === 0 || !fitting.every(isPtx)) return "met";
  const has = cudaOf(gpu, system);
  const [major = 0, minor = 0] = parseDotted(min) ?? [];
  // Another major version is judged by the range already.
  if (has === null || has === "older" || has.major !== major || minor === 0) return "met";
  const driver = gpu.driver === null ? "the driver" : `driver ${gpu.driver}`;
  if (has.minor === null) return { unknown: `whether ${driver} compiles PTX of CUDA ${min}` };
  if (has.minor >= minor) return "met";
  const most = `${has.major}.${has.minor}`;
  return {
    code: "DRIVER_TOO_OLD",
    detail: `${driver} compiles PTX of CUDA ${most} at most, and this one is of ${min}`,
  };
}

/**
 * The compute capabilities of Tegra (Jetson, DRIVE). Code for another capability does not run on them, nor theirs on
 * others (CUDA C++ Programming Guide, "Binary Compatibility").
 */
const TEGRA: ReadonlySet<string> = new Set(["sm_53", "sm_62", "sm_72", "sm_87", "sm_101", "sm_110"]);

/**
 * Whether code for `target` runs on an NVIDIA GPU. Binary code (`sm_80`): of the same major version and no lower minor
 * one. PTX (`compute_80`): of no lower version. `sm_90a` has features of exactly that GPU, `sm_100f` of its family
 * (CUDA Programming Guide, "Binary Compatibility", "PTX Compatibility", "Family-Specific Features").
 */
export function runsOn(target: string, actual: string): boolean {
  const [, form, major, minor, suffix] = /^(sm|compute)_(\d{1,2})(\d)([af]?)$/.exec(target) ?? [];
  const [, actualMajor, actualMinor] = /^sm_(\d{1,2})(\d)$/.exec(actual) ?? [];
  if (major === undefined || actualMajor === undefined) return false;
  if (major === actualMajor && minor === actualMinor) return true;
  if (form === "compute" && suffix === "") return Number(`${actualMajor}${actualMinor}`) > Number(`${major}${minor}`);
  if (major !== actualMajor || suffix === "a") return false;
  if (TEGRA.has(actual) || TEGRA.has(`sm_${major}${minor}`)) return false;
  return Number(minor) <= Number(actualMinor);
}
