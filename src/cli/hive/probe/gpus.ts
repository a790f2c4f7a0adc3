import { findAmd } from "./amd.ts";
import type { Gpu } from "./facts.ts";
import { findNvidia } from "./nvidia.ts";
import type { System } from "./system.ts";

/** The vendors of cards on the PCI bus. */
const CARDS = [
  { id: "0x10de", vendor: "nvidia", doubt: "its NVIDIA card, which has no driver" },
  { id: "0x1002", vendor: "amd", doubt: "its AMD card, which has no ROCm driver" },
] as const;

/**
 * Finds the GPUs that workers can use. `gpus` is undefined if there may be one that could not be asked and no other was
 * found: that is not the same as none.
 */
export async function findGpus(
  system: System,
): Promise<{ gpus: Gpu[] | undefined; doubts: string[]; remarks: string[] }> {
  if (system.platform === "darwin") {
    const name = (await system.run("sysctl", "-n", "machdep.cpu.brand_string"))?.output.trim();
    return { gpus: [{ vendor: "apple", ...(name && { name }) }], doubts: [], remarks: [] };
  }
  const [nvidia, amd] = [await findNvidia(system), await findAmd(system)];
  const gpus = [...nvidia.gpus, ...amd.gpus];
  const doubts = [...nvidia.doubts, ...amd.doubts];
  const told = new Set<string>(gpus.map(({ vendor }) => vendor));
  if (nvidia.doubts.length > 0) told.add("nvidia");
  if (amd.doubts.length > 0) told.add("amd");
  for (const { id, vendor, doubt } of CARDS) {
    if (!told.has(vendor) && (await hasCard(system, id))) doubts.push(doubt);
  }
  return { gpus: gpus.length > 0 || doubts.length === 0 ? gpus : undefined, doubts, remarks: amd.remarks };
}

/** Whether the PCI bus has a display controller (class 03) of a vendor. */
async function hasCard({ list, read }: System, vendor: string): Promise<boolean> {
  for (const device of await list("/sys/bus/pci/devices")) {
    if (!(await read(`${device}/class`))?.startsWith("0x03")) continue;
    if ((await read(`${device}/vendor`))?.trim() === vendor) return true;
  }
  return false;
}
