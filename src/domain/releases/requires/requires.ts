import * as z from "zod";
import { compareDotted, parseDotted } from "../../../lib/dotted-version.ts";
import { lazy } from "../../../lib/lazy.ts";

/**
 * The needs of a build, as every reader accepts them: a member or a name that this version does not know is no fault.
 * See docs/releases.md for the meaning of each.
 */
export const requiresSchema = lazy(() =>
  z.object({
    backend: z.string().optional(),
    cuda: z.object({ min: z.string(), max: z.string().optional() }).optional(),
    rocm: z.object({ min: z.string(), max: z.string().optional() }).optional(),
    gpu: z.array(z.string()).optional(),
    libc: z.object({ name: z.string(), version: z.string().optional() }).optional(),
    cpu_features: z.array(z.string()).optional(),
    memory_bytes: z.number().optional(),
  }),
);

/** The needs of a build of a worker. Null in their place: it says nothing. */
export type Requires = z.output<ReturnType<typeof requiresSchema>>;

/** A range of versions of a toolkit. `max` includes every version that begins with it. */
export type VersionRange = NonNullable<Requires["cuda"]>;

/**
 * The needs in their one form: members in a fixed order, lists sorted, each name once. Null if they say nothing. Two
 * builds have the same needs exactly if the JSON of this is the same.
 */
export function canonicalRequires(requires: Requires | null): Requires | null {
  if (requires === null) return null;
  const { backend, cuda, rocm, gpu, libc, cpu_features, memory_bytes } = requires;
  const range = ({ min, max }: VersionRange) => ({ min, ...(max !== undefined && { max }) });
  const canonical: Requires = {
    ...(backend !== undefined && { backend }),
    ...(cuda && { cuda: range(cuda) }),
    ...(rocm && { rocm: range(rocm) }),
    ...(gpu?.length && { gpu: sorted(gpu) }),
    ...(libc && { libc: { name: libc.name, ...(libc.version !== undefined && { version: libc.version }) } }),
    ...(cpu_features?.length && { cpu_features: sorted(cpu_features) }),
    ...(memory_bytes !== undefined && { memory_bytes }),
  };
  return Object.keys(canonical).length === 0 ? null : canonical;
}

const sorted = (names: readonly string[]): string[] => [...new Set(names)].sort();

/** Whether two builds have the same needs. */
export const sameRequires = (a: Requires | null, b: Requires | null): boolean =>
  JSON.stringify(canonicalRequires(a)) === JSON.stringify(canonicalRequires(b));

/** Whether the name of a GPU generation stands for PTX, which the driver compiles, instead of binary code. */
export const isPtx = (target: string): boolean => target.startsWith("compute_");

const GIB = 1024 ** 3;

/** Bytes of memory in words: `8 GiB`, `7.6 GiB`. */
export const memoryWords = (bytes: number): string => `${Number((bytes / GIB).toFixed(1))} GiB`;

/** The needs in words for a person, separated by commas: `CUDA 12.4 (a driver for CUDA 12 or newer), sm_80`. */
export function requiresWords(requires: Requires | null): string {
  const { backend, cuda, rocm, gpu, libc, cpu_features, memory_bytes } = requires ?? {};
  const words = [
    backend !== undefined && !cuda && !rocm && backend,
    cuda && `CUDA ${cuda.min} (a driver for CUDA ${rangeWords(driverRange(cuda, gpu))})`,
    rocm && `ROCm ${rangeWords(rocm)}`,
    gpu?.join(" or "),
    libc && (libc.version === undefined ? libc.name : `${libc.name} ${libc.version} or newer`),
    cpu_features?.join(" and "),
    memory_bytes !== undefined && `${memoryWords(memory_bytes)} of memory`,
  ];
  return words.filter(Boolean).join(", ");
}

/**
 * The CUDA of the drivers that run a build: of its major version or newer (minor version compatibility). A build that
 * is PTX alone needs its own version.
 */
export const driverRange = ({ min, max }: VersionRange, gpu: readonly string[] = []): VersionRange => {
  const [major = min] = min.split(".");
  const lowest = gpu.length > 0 && gpu.every(isPtx) ? min : major;
  return max === undefined ? { min: lowest } : { min: lowest, max };
};

const rangeWords = ({ min, max }: VersionRange): string => {
  if (max === undefined) return `${min} or newer`;
  return min === max ? min : `${min} to ${max}`;
};

/** Whether `max` of a range is not below `min`. */
export function isRange({ min, max }: VersionRange): boolean {
  const [low, high] = [parseDotted(min), parseDotted(max ?? min)];
  return low !== null && high !== null && compareDotted(high, low.slice(0, high.length)) >= 0;
}
