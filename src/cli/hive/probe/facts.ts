/** A C library. Without a version, only its name is known. */
export type Libc = { name: "glibc" | "musl"; version?: string };

/** A GPU of a machine. A member is missing if it is not known. */
export type Gpu = {
  vendor: "nvidia" | "amd" | "apple" | "intel";
  name?: string;
  driver?: string;
  cuda?: string;
  rocm?: string;
  /** `sm_86` or `gfx1100`. */
  architecture?: string;
  memory_bytes?: number;
};

/** A machine, as the catalog's resolve operation takes it. A member is missing if it is not known. */
export type Machine = {
  platform: string;
  userland_bits?: 32 | 64;
  libc?: Libc;
  cpu_features?: string[];
  memory_bytes?: number;
  gpus?: Gpu[];
};

/** GPUs that were found, and words for those that could not be asked. */
export type Found = { gpus: Gpu[]; doubts: string[] };
