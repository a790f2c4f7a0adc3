import type { Found, Gpu } from "./facts.ts";
import type { System } from "./system.ts";

const NODES = "/sys/class/kfd/kfd/topology/nodes";
const DEVICE = "/dev/kfd";

/**
 * Finds AMD's GPUs that ROCm can use: those that the kernel's driver lists (kfd_topology.c in Linux), else those of
 * `rocminfo`, because WSL has no such driver. `remarks` are facts that the person should know.
 */
export async function findAmd(system: System): Promise<Found & { remarks: string[] }> {
  const version = /^\d+\.[\d.]*\d/.exec((await system.read("/opt/rocm/.info/version")) ?? "")?.[0];
  const rocm = version === undefined ? {} : { rocm: version };
  const gpus: Gpu[] = [];
  for (const node of await system.list(NODES)) {
    const architecture = architectureOfNode((await system.read(`${node}/properties`)) ?? "");
    if (architecture === null) continue;
    const memory = await memoryOfNode(system, node);
    gpus.push({ vendor: "amd", ...rocm, architecture, ...(memory > 0 && { memory_bytes: memory }) });
  }
  if (gpus.length > 0 && !(await system.isThere(DEVICE))) {
    const doubt = `its AMD GPU, because ${DEVICE} is not here (in a container, pass it in)`;
    return { gpus: [], doubts: [doubt], remarks: [] };
  }
  if (gpus.length > 0) {
    const remark = `This user may not open ${DEVICE}. Workers for AMD GPUs need that: see the groups render and video.`;
    return { gpus, doubts: [], remarks: (await system.isWritable(DEVICE)) ? [] : [remark] };
  }
  for (const tool of ["rocminfo", "/opt/rocm/bin/rocminfo"]) {
    const ran = await system.run(tool);
    if (ran === null) continue;
    if (ran.status !== 0) return { gpus, doubts: [`its AMD GPU, because ${tool} failed`], remarks: [] };
    const found = architecturesOfRocminfo(ran.output);
    return { gpus: found.map((name) => ({ vendor: "amd", ...rocm, architecture: name })), doubts: [], remarks: [] };
  }
  return { gpus, doubts: [], remarks: [] };
}

/**
 * The architecture that a node's `properties` state, or null for a processor: `gfx_target_version 90010` is gfx90a,
 * with the last two of its three numbers in hexadecimal (ROCm/rocm-cli#343).
 */
export function architectureOfNode(properties: string): string | null {
  const target = Number(/^gfx_target_version (\d+)$/m.exec(properties)?.[1] ?? 0);
  if (target === 0) return null;
  const [major, minor, stepping] = [Math.floor(target / 10_000), Math.floor(target / 100) % 100, target % 100];
  return `gfx${major}${minor.toString(16)}${stepping.toString(16)}`;
}

/** The bytes of a node's own memory: its banks of the types 1 and 2 (HSA_MEM_HEAP_TYPE_FB_* in Linux). */
async function memoryOfNode({ list, read }: System, node: string): Promise<number> {
  let bytes = 0;
  for (const bank of await list(`${node}/mem_banks`)) {
    const properties = (await read(`${bank}/properties`)) ?? "";
    if (!/^heap_type [12]$/m.test(properties)) continue;
    bytes += Number(/^size_in_bytes (\d+)$/m.exec(properties)?.[1] ?? 0);
  }
  return bytes;
}

/** The GPUs among the agents of `rocminfo`. The names of instruction sets stand further to the right. */
export const architecturesOfRocminfo = (output: string): string[] =>
  [...output.matchAll(/^ {2}Name: +(gfx[0-9a-f]+)/gm)].map(([, name = ""]) => name);
