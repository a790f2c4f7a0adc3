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
import { FAMILIES } from "./families.ts";
import type { WorkerRow } from "./table.ts";

const { llmWorker, premiumLlmWorker } = FAMILIES;

/** Every worker of the catalog, in any order. docs/catalog.md tells how to add one. */
export const WORKER_ROWS: readonly WorkerRow[] = [
  {
    family: llmWorker,
    backend: "cpu",
    operatingSystems: ["linux", "macos", "windows"],
    pkgbuild: freeCpuPkgbuild,
    srcinfo: freeCpuSrcinfo,
  },
  {
    family: llmWorker,
    backend: "cuda",
    operatingSystems: ["linux", "windows"],
    pkgbuild: freeCudaPkgbuild,
    srcinfo: freeCudaSrcinfo,
  },
  {
    family: llmWorker,
    backend: "metal",
    operatingSystems: ["macos"],
    pkgbuild: freeMetalPkgbuild,
    srcinfo: freeMetalSrcinfo,
  },
  {
    family: premiumLlmWorker,
    backend: "cpu",
    operatingSystems: ["linux"],
    pkgbuild: premiumCpuPkgbuild,
    srcinfo: premiumCpuSrcinfo,
  },
  {
    family: premiumLlmWorker,
    backend: "cuda",
    operatingSystems: ["linux"],
    pkgbuild: premiumCudaPkgbuild,
    srcinfo: premiumCudaSrcinfo,
  },
  {
    family: premiumLlmWorker,
    backend: "metal",
    operatingSystems: ["macos"],
    pkgbuild: premiumMetalPkgbuild,
    srcinfo: premiumMetalSrcinfo,
  },
];
