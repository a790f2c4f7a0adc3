import type { Requires } from "../../src/domain/releases/requires/requires.ts";
import type { CatalogRelease, CatalogWorker } from "../../src/domain/resolution/catalog.ts";
import { type Machine, type MachineBody, machineOf, machineSchema } from "../../src/domain/resolution/machine.ts";

/** The machine of a description. Throws if it is not in order. */
export function machine(body: MachineBody): Machine {
  const read = machineOf(machineSchema().parse(body));
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}

/** A build by its file's name, for Linux on x86-64 unless `platform` says otherwise. */
export const build = (filename: string, requires: Requires | null = null, platform = "linux-x86_64") => ({
  ...{ kind: "binary", platform, filename, requires },
});

type Builds = CatalogRelease["artifacts"];

/** A published stable release. */
export const release = (version: string, artifacts: Builds, more: Partial<CatalogRelease> = {}): CatalogRelease => ({
  ...{ version, channel: "stable", status: "published", published_at: 1_790_000_000, artifacts },
  ...more,
});

/** A worker of upstream's kind: `llm-worker-rbee`, or with `premium`, for Linux on both instruction sets. */
export function worker(
  variant: string,
  releases: readonly CatalogRelease[],
  more: Partial<CatalogWorker> = {},
): CatalogWorker {
  const backend = variant.replace(/^.*-/, "");
  const premium = variant.startsWith("premium-");
  const kind = variant.startsWith("sd-") ? "image" : "llm";
  const family = kind === "image" ? "sd-worker-rbee" : `llm-worker-rbee${premium ? "-premium" : ""}`;
  const platforms = backend === "metal" ? ["macos-aarch64"] : ["linux-x86_64", "linux-aarch64"];
  const facts = { variant, family, kind, tier: premium ? "premium" : "free", backend, platforms };
  return { id: `${family}-${backend}`, ...facts, releases, ...more };
}

/** A license that opens every premium worker. */
export const LICENSE = {
  ...{ entitlements: ["llm-worker-rbee-premium-*"], versions: "*", updates_until: null, refusal: null },
};

/** A desktop with an NVIDIA card, as install.sh describes it. */
export const DESKTOP: MachineBody = {
  platform: "linux-x86_64",
  libc: { name: "glibc", version: "2.39" },
  userland_bits: 64,
  cpu_features: ["sse4_2", "avx", "avx2", "fma"],
  memory_bytes: 32 * 1024 ** 3,
  gpus: [{ vendor: "nvidia", driver: "550.54.14", cuda: "12.4", architecture: "8.6" }],
};
