import type { Found, Gpu } from "./facts.ts";
import type { Ran, System } from "./system.ts";

/** In WSL, the tool is in a folder that is not in the PATH of services, ssh and sudo (ollama/ollama#1460). */
const TOOLS = ["nvidia-smi", "/usr/lib/wsl/lib/nvidia-smi"];

const MEBIBYTE = 1024 ** 2;

/** Finds NVIDIA's GPUs. */
export async function findNvidia(system: System): Promise<Found> {
  const jetson = await system.read("/etc/nv_tegra_release");
  const jetsonCuda = jetson === null ? null : cudaOfJetson(jetson);
  for (const tool of TOOLS) {
    const found = await askTool(system, tool);
    if (found === null) continue;
    // The number of a Jetson's driver is of another series, and its nvidia-smi names no CUDA version.
    if (jetson !== null) found.gpus = found.gpus.map(({ driver, ...gpu }) => withCuda(gpu, jetsonCuda));
    return found;
  }
  if (jetson !== null) {
    const board = (await system.read("/proc/device-tree/model"))?.replaceAll("\0", "") || "Jetson";
    return { gpus: [withCuda({ vendor: "nvidia", name: board }, jetsonCuda)], doubts: [] };
  }
  const hasDriver = await system.isThere("/dev/nvidiactl");
  return { gpus: [], doubts: hasDriver ? ["its NVIDIA GPU, because there is no nvidia-smi"] : [] };
}

async function askTool(system: System, tool: string): Promise<Found | null> {
  const late: Found = { gpus: [], doubts: [`its NVIDIA GPU, because ${tool} does not end`] };
  let last: Ran | null = null;
  // A driver before 510 does not know compute_cap (huggingface/candle#733).
  for (const third of ["compute_cap", "index"]) {
    last = await system.run(tool, `--query-gpu=name,driver_version,${third},memory.total`, "--format=csv,noheader");
    if (last === null) return null;
    if (last.late) return late;
    const gpus = gpusOfQuery(last.output);
    if (gpus.length === 0) continue;
    const cuda = cudaOfHeader((await system.run(tool))?.output ?? "");
    return { gpus: gpus.map((gpu) => withCuda(gpu, cuda)), doubts: [] };
  }
  last = await system.run(tool, "-L");
  if (last?.late) return late;
  const gpus = gpusOfList(last?.output ?? "");
  if (gpus.length > 0 || /No devices were found/.test(last?.output ?? "")) return { gpus, doubts: [] };
  const [reason = ""] = (last?.output ?? "").trim().split("\n", 1);
  return { gpus, doubts: [`its NVIDIA GPU, because ${tool} failed: ${reason.slice(0, 200)}`] };
}

/** The GPUs in the answer to a query for name, driver, compute capability and memory: one a line, in that order. */
export function gpusOfQuery(output: string): Gpu[] {
  return output.split(/\r?\n/).flatMap((line) => {
    const [name = "", driver = "", capability = "", memory = "", more] = line.split(", ");
    if (more !== undefined || !/^\d[\d.]*$/.test(driver)) return [];
    const [, major, minor] = /^(\d+)\.(\d)$/.exec(capability) ?? [];
    // A GPU that shares the machine's memory has [N/A] (unslothai/unsloth#10703).
    const mebibytes = /^(\d+) MiB$/.exec(memory)?.[1];
    return {
      vendor: "nvidia",
      name,
      driver,
      ...(major && { architecture: `sm_${major}${minor}` }),
      ...(mebibytes && { memory_bytes: Number(mebibytes) * MEBIBYTE }),
    };
  });
}

/** The GPUs in the output of `nvidia-smi -L`, by their names alone. */
export const gpusOfList = (output: string): Gpu[] =>
  [...output.matchAll(/^GPU \d+: (.*) \(UUID/gm)].map(([, name = ""]) => ({ vendor: "nvidia", name }));

/**
 * The CUDA version of the driver in the header of `nvidia-smi`, or null. Drivers from 610 on write "CUDA UMD Version"
 * (sgl-project/sglang#27487). A Jetson's header has "N/A" (anduril/jetpack-nixos#371).
 */
export const cudaOfHeader = (output: string): string | null =>
  /CUDA (?:UMD )?Version *: *(\d+\.\d+)/.exec(output)?.[1] ?? null;

/** The CUDA version of each release of Jetson Linux (NVIDIA's JetPack release notes), by major or full number. */
const JETSON_CUDA: Readonly<Record<string, string>> = {
  "32": "10.2",
  "35": "11.4",
  "36.2": "12.2",
  "36.3": "12.2",
  "36.4": "12.6",
  "36.5": "12.6",
  "38": "13.0",
};

/** The CUDA version that belongs to the text of `/etc/nv_tegra_release`, or null for an unknown release. */
export function cudaOfJetson(release: string): string | null {
  const [, major = "", minor = ""] = /^# R(\d+) \(release\), REVISION: (\d+)/.exec(release) ?? [];
  return JETSON_CUDA[`${major}.${minor}`] ?? JETSON_CUDA[major] ?? null;
}

const withCuda = (gpu: Gpu, cuda: string | null): Gpu => (cuda === null ? gpu : { ...gpu, cuda });
