import freeCpuPkgbuild from "../../../pkgbuilds/llm-worker-cpu.PKGBUILD";
import freeCpuSrcinfo from "../../../pkgbuilds/llm-worker-cpu.SRCINFO";
import freeCudaPkgbuild from "../../../pkgbuilds/llm-worker-cuda.PKGBUILD";
import freeCudaSrcinfo from "../../../pkgbuilds/llm-worker-cuda.SRCINFO";
import freeMetalPkgbuild from "../../../pkgbuilds/llm-worker-metal.PKGBUILD";
import freeMetalSrcinfo from "../../../pkgbuilds/llm-worker-metal.SRCINFO";
import premiumCpuPkgbuild from "../../../pkgbuilds/llm-worker-premium-cpu.PKGBUILD";
import premiumCpuSrcinfo from "../../../pkgbuilds/llm-worker-premium-cpu.SRCINFO";
import premiumCudaPkgbuild from "../../../pkgbuilds/llm-worker-premium-cuda.PKGBUILD";
import premiumCudaSrcinfo from "../../../pkgbuilds/llm-worker-premium-cuda.SRCINFO";
import premiumMetalPkgbuild from "../../../pkgbuilds/llm-worker-premium-metal.PKGBUILD";
import premiumMetalSrcinfo from "../../../pkgbuilds/llm-worker-premium-metal.SRCINFO";
import { BACKENDS, type Backend } from "./backend.ts";

export const TIERS = ["free", "premium"] as const;
export type Tier = (typeof TIERS)[number];

export { BACKENDS, type Backend };

export const OPERATING_SYSTEMS = ["linux", "macos", "windows"] as const;
export type OperatingSystem = (typeof OPERATING_SYSTEMS)[number];

/** The capabilities of a worker. `maxContextLength` is in tokens. */
export type Capabilities = {
  supportedFormats: readonly string[];
  maxContextLength: number;
  supportsStreaming: boolean;
  supportsBatching: boolean;
};

/** The facts of a worker that neither PKGBUILD nor `.SRCINFO` has a field for. */
export type WorkerFacts = {
  variant: string;
  tier: Tier;
  backend: Backend;
  name: string;
  operatingSystems: readonly OperatingSystem[];
  capabilities: Capabilities;
  /** The crate's directory in the source repository; null if the recipe builds nothing. */
  sourcePath: string | null;
  pkgbuild: string;
  srcinfo: string;
};

const candle: Capabilities = {
  supportedFormats: ["gguf", "safetensors"],
  maxContextLength: 32_768,
  supportsStreaming: true,
  supportsBatching: false,
};

const free = { tier: "free", capabilities: candle, sourcePath: "bin/30_llm_worker_rbee" } as const;
const premium = { tier: "premium", capabilities: candle, sourcePath: null } as const;

/** Every worker. Free workers come first, because the hive's page takes the first entry of a backend. */
export const WORKER_TABLE: readonly WorkerFacts[] = [
  {
    ...free,
    variant: "cpu",
    backend: "cpu",
    name: "LLM Worker (CPU)",
    operatingSystems: ["linux", "macos", "windows"],
    pkgbuild: freeCpuPkgbuild,
    srcinfo: freeCpuSrcinfo,
  },
  {
    ...free,
    variant: "cuda",
    backend: "cuda",
    name: "LLM Worker (CUDA)",
    operatingSystems: ["linux", "windows"],
    pkgbuild: freeCudaPkgbuild,
    srcinfo: freeCudaSrcinfo,
  },
  {
    ...free,
    variant: "metal",
    backend: "metal",
    name: "LLM Worker (Metal)",
    operatingSystems: ["macos"],
    pkgbuild: freeMetalPkgbuild,
    srcinfo: freeMetalSrcinfo,
  },
  {
    ...premium,
    variant: "premium-cpu",
    backend: "cpu",
    name: "Premium LLM Worker (CPU)",
    operatingSystems: ["linux"],
    pkgbuild: premiumCpuPkgbuild,
    srcinfo: premiumCpuSrcinfo,
  },
  {
    ...premium,
    variant: "premium-cuda",
    backend: "cuda",
    name: "Premium LLM Worker (CUDA)",
    operatingSystems: ["linux"],
    pkgbuild: premiumCudaPkgbuild,
    srcinfo: premiumCudaSrcinfo,
  },
  {
    ...premium,
    variant: "premium-metal",
    backend: "metal",
    name: "Premium LLM Worker (Metal)",
    operatingSystems: ["macos"],
    pkgbuild: premiumMetalPkgbuild,
    srcinfo: premiumMetalSrcinfo,
  },
];
