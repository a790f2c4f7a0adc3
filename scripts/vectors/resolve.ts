import { createHash } from "node:crypto";
import { DAY, NOW, type VectorCase, type VectorFile } from "./vector-file.ts";

const GIB = 1024 ** 3;
const rfc3339 = (time: number): string => new Date(time * 1000).toISOString().replace(".000Z", "Z");

/** A binary of the catalog of the cases, by its file's name. */
const build = (filename: string, requires: object | null = null, platform = "linux-x86_64") => ({
  ...{ platform, kind: "binary", filename, size: 1000, sha256: createHash("sha256").update(filename).digest("hex") },
  ...{ requires, signature: null },
});

const version = (number: string, artifacts: object[], more: object = {}) => ({
  ...{ version: number, channel: "stable", status: "published", published_at: rfc3339(NOW - 10 * DAY) },
  ...{ provenance_sha256: null, artifacts, ...more },
});

/** The members of a worker's index that the choice reads. */
function worker(variant: string, versions: object[]) {
  const backend = variant.replace(/^.*-/, "");
  const [first] = variant.split("-");
  const family = { sd: "sd-worker-rbee", premium: "llm-worker-rbee-premium" }[first ?? ""] ?? "llm-worker-rbee";
  const platforms = backend === "metal" ? ["macos-aarch64"] : ["linux-x86_64", "linux-aarch64"];
  const kind = first === "sd" ? "image" : "llm";
  const facts = { variant, family, kind, tier: first === "premium" ? "premium" : "free", backend, platforms };
  return { worker_id: `${family}-${backend}`, worker: facts, versions };
}

const CUDA_BUILDS = [
  build("cuda12", { cuda: { min: "12.4" }, libc: { name: "glibc", version: "2.31" } }),
  build("cuda13", { cuda: { min: "13.0" }, libc: { name: "glibc", version: "2.35" } }),
];

const CATALOG = [
  worker("cpu", [
    version("1.1.0-rc.1", [build("cpu-rc")], { channel: "rc" }),
    version("1.0.0", [
      build("cpu-glibc", { libc: { name: "glibc", version: "2.28" } }),
      build("cpu-musl", { libc: { name: "musl" } }),
      build("cpu-arm", null, "linux-aarch64"),
    ]),
    version("0.9.0", [build("cpu-yanked")], { status: "yanked" }),
    version("0.8.0", [build("cpu-blocked")], { status: "blocked" }),
  ]),
  worker("cuda", [version("1.0.0", CUDA_BUILDS)]),
  worker("rocm", [
    version("1.0.0", [
      build("rocm-rdna3", { rocm: { min: "6.1", max: "6" }, gpu: ["gfx1100", "gfx1101"] }),
      build("rocm-cdna", { rocm: { min: "6.0" }, gpu: ["gfx90a", "gfx942"], memory_bytes: 64 * GIB }),
    ]),
  ]),
  worker("metal", [version("1.0.0", [build("metal", null, "macos-aarch64")])]),
  worker("premium-cuda", [
    version("2.0.0", [build("premium2", { cuda: { min: "12.0" }, gpu: ["sm_80", "sm_90"] })]),
    version("1.9.0", [build("premium1", { cuda: { min: "12.0" }, gpu: ["sm_80", "sm_90"] })]),
  ]),
  worker("premium-cpu", [version("1.9.0", [build("premium-avx512", { cpu_features: ["avx512f"] })])]),
  worker("sd-cuda", [version("1.0.0", [build("sd-cuda", { cuda: { min: "12.4" }, gpu: ["compute_80"] })])]),
  worker("sd-rocm", []),
];

const NVIDIA = { vendor: "nvidia", name: "NVIDIA GeForce RTX 3090" };
const DESKTOP = {
  ...{ platform: "linux-x86_64", libc: { name: "glibc", version: "2.39" }, userland_bits: 64 },
  ...{ cpu_features: ["sse4_2", "avx2"], memory_bytes: 32 * GIB },
};
const withGpu = (gpu: object): object => ({ ...DESKTOP, gpus: [gpu] });
const NEW_DRIVER = withGpu({ ...NVIDIA, driver: "580.65.06", cuda: "13.0", architecture: "sm_86" });
const OLD_DRIVER = withGpu({ ...NVIDIA, driver: "535.183.01", architecture: "8.6" });
const NO_GPU = { ...DESKTOP, gpus: [] };
const LICENSE = { entitlements: ["llm-worker-rbee-premium-*"], versions: "*", updates_until: null };

type Asked = { worker?: string; version?: string; channel?: string; license?: object };

/** `filename` of the chosen build, and codes by file, or by worker where none of its files was looked at. */
const chosen = (name: string, machine: object, filename: string, codes: Record<string, string>, asked: Asked = {}) =>
  resolved(name, machine, filename, codes, asked);
const none = (name: string, machine: object, codes: Record<string, string>, asked: Asked = {}) =>
  resolved(name, machine, null, codes, asked);

function resolved(
  name: string,
  machine: object,
  filename: string | null,
  codes: Record<string, string>,
  { license, ...asked }: Asked,
  untried = false,
): VectorCase {
  return { name, machine, ...asked, license: license ?? null, expected: { filename, untried, codes } };
}

const cuda = { worker: "llm-worker-rbee-cuda" };
const cpu = { worker: "cpu" };

/** The choice of a worker, version and file for a machine. */
export const resolve: VectorFile = {
  description:
    "The build for a machine (`POST /v1/workers/resolve`). `catalog` has the members of each worker's signed index that the choice " +
    "reads. `license` is null, or the grant of a license in force. `codes` are those of `ruled_out`, by file, or by worker if no " +
    "file was looked at; others may be there. `untried`: the machine does not state a fact that the choice needs.",
  now: NOW,
  catalog: CATALOG,
  cases: [
    chosen("a driver for CUDA 13", NEW_DRIVER, "cuda13", { cuda12: "NOT_PREFERRED" }, cuda),
    chosen(
      "a driver that is too old for CUDA 13, known by its number",
      OLD_DRIVER,
      "cuda12",
      { cuda13: "DRIVER_TOO_OLD" },
      cuda,
    ),
    none(
      "a driver that is too old for both",
      withGpu({ ...NVIDIA, driver: "470.256.02", architecture: "sm_86" }),
      { cuda12: "DRIVER_TOO_OLD", cuda13: "DRIVER_TOO_OLD" },
      cuda,
    ),
    chosen(
      "a C library that is too old for the newer build",
      { ...NEW_DRIVER, libc: { name: "glibc", version: "2.31" } },
      "cuda12",
      { cuda13: "LIBC_TOO_OLD" },
      cuda,
    ),
    chosen("no worker named: an accelerator before the CPU", NEW_DRIVER, "cuda13", {
      "cpu-glibc": "NOT_PREFERRED",
      premium2: "LICENSE_REQUIRED",
    }),
    chosen("no worker named, and no GPU", NO_GPU, "cpu-glibc", {
      "llm-worker-rbee-cuda": "WRONG_BACKEND",
      "cpu-musl": "LIBC_MISMATCH",
    }),
    chosen(
      "musl",
      { ...NO_GPU, libc: { name: "musl", version: "1.2.5" } },
      "cpu-musl",
      { "cpu-glibc": "LIBC_MISMATCH" },
      cpu,
    ),
    none(
      "a C library that is too old",
      { ...NO_GPU, libc: { name: "glibc", version: "2.17" } },
      { "cpu-glibc": "LIBC_TOO_OLD" },
      cpu,
    ),
    none(
      "programs of 32 bits on a kernel of 64",
      { ...NO_GPU, userland_bits: 32 },
      { "cpu-glibc": "USERLAND_32_BIT" },
      cpu,
    ),
    chosen("another spelling of a platform", { os: "Linux", arch: "arm64" }, "cpu-arm", {}, cpu),
    none(
      "a system that no worker is for",
      { platform: "freebsd-x86_64" },
      { "llm-worker-rbee-cpu": "WRONG_PLATFORM" },
      cpu,
    ),
    chosen("a Mac with Apple silicon", { platform: "macos-aarch64" }, "metal", {
      "llm-worker-rbee-cpu": "WRONG_PLATFORM",
    }),
    chosen(
      "an AMD card of RDNA 3",
      withGpu({ vendor: "amd", rocm: "6.2.4", architecture: "gfx1100" }),
      "rocm-rdna3",
      { "rocm-cdna": "NOT_ENOUGH_MEMORY" },
      { worker: "rocm" },
    ),
    none(
      "a ROCm that is too new for one build, and a card that is not of the other",
      withGpu({ vendor: "amd", rocm: "7.0.0", architecture: "gfx1100" }),
      { "rocm-rdna3": "ROCM_TOO_NEW" },
      { worker: "rocm" },
    ),
    none(
      "a ROCm that is too old",
      withGpu({ vendor: "amd", rocm: "5.7.0", architecture: "gfx1101" }),
      { "rocm-rdna3": "ROCM_TOO_OLD" },
      { worker: "rocm" },
    ),
    none(
      "an AMD card of another generation",
      { ...withGpu({ vendor: "amd", rocm: "6.2.4", architecture: "gfx1030" }), memory_bytes: 128 * GIB },
      { "rocm-rdna3": "GPU_NOT_SUPPORTED", "rocm-cdna": "GPU_NOT_SUPPORTED" },
      { worker: "rocm" },
    ),
    chosen(
      "a license for premium workers",
      NEW_DRIVER,
      "premium2",
      { "cpu-glibc": "NOT_PREFERRED" },
      { license: LICENSE },
    ),
    chosen(
      "a license for versions below 2",
      NEW_DRIVER,
      "premium1",
      { premium2: "VERSION_NOT_COVERED" },
      { license: { ...LICENSE, versions: "<2.0.0" }, worker: "premium-cuda" },
    ),
    none(
      "a premium worker without a license",
      NEW_DRIVER,
      { premium2: "LICENSE_REQUIRED" },
      { worker: "premium-cuda" },
    ),
    none(
      "hardware is told before a license is asked for",
      NO_GPU,
      { "llm-worker-rbee-premium-cuda": "WRONG_BACKEND" },
      { worker: "premium-cuda" },
    ),
    none(
      "a license for another worker",
      NEW_DRIVER,
      { premium2: "NOT_ENTITLED" },
      { license: { ...LICENSE, entitlements: ["sd-worker-rbee-*"] }, worker: "premium-cuda" },
    ),
    none(
      "a CPU without a feature",
      NO_GPU,
      { "premium-avx512": "CPU_FEATURE_MISSING" },
      { license: LICENSE, worker: "premium-cpu" },
    ),
    none(
      "a card that is older than the code",
      withGpu({ ...NVIDIA, driver: "580.65.06", cuda: "13.0", architecture: "sm_75" }),
      { premium2: "GPU_NOT_SUPPORTED" },
      { license: LICENSE, worker: "premium-cuda" },
    ),
    chosen("a channel", NO_GPU, "cpu-rc", {}, { ...cpu, channel: "rc" }),
    chosen("an exact version that was yanked", NO_GPU, "cpu-yanked", {}, { ...cpu, version: "0.9.0" }),
    none(
      "an exact version that was withdrawn",
      NO_GPU,
      { "llm-worker-rbee-cpu": "RELEASE_BLOCKED" },
      { ...cpu, version: "0.8.0" },
    ),
    none(
      "an exact version that there is not",
      NO_GPU,
      { "llm-worker-rbee-cpu": "VERSION_NOT_FOUND" },
      { ...cpu, version: "7.0.0" },
    ),
    none(
      "a worker without a release",
      withGpu({ vendor: "amd" }),
      { "sd-worker-rbee-rocm": "NOT_RELEASED" },
      { worker: "sd-rocm" },
    ),
    chosen("a family of another kind", NEW_DRIVER, "sd-cuda", {}, { worker: "sd-worker-rbee" }),
    none(
      "a driver of the same CUDA that does not compile the PTX of a newer toolkit",
      withGpu({ ...NVIDIA, driver: "535.183.01", cuda: "12.2", architecture: "8.6" }),
      { "sd-cuda": "DRIVER_TOO_OLD" },
      { worker: "sd-cuda" },
    ),
    chosen(
      "a card that the newest toolkit has no code for",
      withGpu({ ...NVIDIA, driver: "580.65.06", cuda: "13.0", architecture: "6.1" }),
      "cuda12",
      { cuda13: "GPU_NOT_SUPPORTED" },
      cuda,
    ),
    resolved(
      "a card whose driver did not answer",
      withGpu({ vendor: "nvidia" }),
      "cuda12",
      { cuda13: "UNTRIED" },
      cuda,
      true,
    ),
    chosen("an unknown fact, and another build that fits", withGpu({ vendor: "nvidia" }), "cpu-glibc", {
      cuda12: "UNTRIED",
    }),
    resolved("no list of GPUs", DESKTOP, "cuda12", { cuda13: "UNTRIED" }, cuda, true),
  ],
};
