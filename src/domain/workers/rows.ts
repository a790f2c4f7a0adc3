import llmCpuPkgbuild from "../../../pkgbuilds/llm-worker-cpu.PKGBUILD";
import llmCpuSrcinfo from "../../../pkgbuilds/llm-worker-cpu.SRCINFO";
import llmCudaPkgbuild from "../../../pkgbuilds/llm-worker-cuda.PKGBUILD";
import llmCudaSrcinfo from "../../../pkgbuilds/llm-worker-cuda.SRCINFO";
import llmMetalPkgbuild from "../../../pkgbuilds/llm-worker-metal.PKGBUILD";
import llmMetalSrcinfo from "../../../pkgbuilds/llm-worker-metal.SRCINFO";
import premiumCpuPkgbuild from "../../../pkgbuilds/llm-worker-premium-cpu.PKGBUILD";
import premiumCpuSrcinfo from "../../../pkgbuilds/llm-worker-premium-cpu.SRCINFO";
import premiumCudaPkgbuild from "../../../pkgbuilds/llm-worker-premium-cuda.PKGBUILD";
import premiumCudaSrcinfo from "../../../pkgbuilds/llm-worker-premium-cuda.SRCINFO";
import premiumMetalPkgbuild from "../../../pkgbuilds/llm-worker-premium-metal.PKGBUILD";
import premiumMetalSrcinfo from "../../../pkgbuilds/llm-worker-premium-metal.SRCINFO";
import llmRocmPkgbuild from "../../../pkgbuilds/llm-worker-rocm.PKGBUILD";
import llmRocmSrcinfo from "../../../pkgbuilds/llm-worker-rocm.SRCINFO";
import sdCpuPkgbuild from "../../../pkgbuilds/sd-worker-cpu.PKGBUILD";
import sdCpuSrcinfo from "../../../pkgbuilds/sd-worker-cpu.SRCINFO";
import sdCudaPkgbuild from "../../../pkgbuilds/sd-worker-cuda.PKGBUILD";
import sdCudaSrcinfo from "../../../pkgbuilds/sd-worker-cuda.SRCINFO";
import sdMetalPkgbuild from "../../../pkgbuilds/sd-worker-metal.PKGBUILD";
import sdMetalSrcinfo from "../../../pkgbuilds/sd-worker-metal.SRCINFO";
import sdRocmPkgbuild from "../../../pkgbuilds/sd-worker-rocm.PKGBUILD";
import sdRocmSrcinfo from "../../../pkgbuilds/sd-worker-rocm.SRCINFO";
import { FAMILIES } from "./families.ts";
import type { WorkerRow } from "./table.ts";

const { llmWorker, sdWorker, premiumLlmWorker } = FAMILIES;

/** Every worker, in the order of lists, which show free ones first. docs/catalog.md tells how to add one. */
export const WORKER_ROWS: readonly WorkerRow[] = [
  {
    family: llmWorker,
    backend: "cpu",
    operatingSystems: ["linux", "macos", "windows"],
    pkgbuild: llmCpuPkgbuild,
    srcinfo: llmCpuSrcinfo,
  },
  {
    family: llmWorker,
    backend: "cuda",
    operatingSystems: ["linux", "windows"],
    pkgbuild: llmCudaPkgbuild,
    srcinfo: llmCudaSrcinfo,
  },
  {
    family: llmWorker,
    backend: "metal",
    operatingSystems: ["macos"],
    pkgbuild: llmMetalPkgbuild,
    srcinfo: llmMetalSrcinfo,
  },
  {
    family: llmWorker,
    backend: "rocm",
    operatingSystems: ["linux"],
    pkgbuild: llmRocmPkgbuild,
    srcinfo: llmRocmSrcinfo,
  },
  {
    family: sdWorker,
    backend: "cpu",
    operatingSystems: ["linux", "macos", "windows"],
    pkgbuild: sdCpuPkgbuild,
    srcinfo: sdCpuSrcinfo,
  },
  {
    family: sdWorker,
    backend: "cuda",
    operatingSystems: ["linux", "windows"],
    pkgbuild: sdCudaPkgbuild,
    srcinfo: sdCudaSrcinfo,
  },
  {
    family: sdWorker,
    backend: "metal",
    operatingSystems: ["macos"],
    pkgbuild: sdMetalPkgbuild,
    srcinfo: sdMetalSrcinfo,
  },
  {
    family: sdWorker,
    backend: "rocm",
    operatingSystems: ["linux"],
    pkgbuild: sdRocmPkgbuild,
    srcinfo: sdRocmSrcinfo,
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
