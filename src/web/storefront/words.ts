import type { AvailableWorker } from "../../domain/catalog/available-workers.ts";
import type { Architecture } from "../../domain/workers/recipe.ts";
import type { Backend, Kind, OperatingSystem, Tier } from "../../domain/workers/table.ts";
import type { Worker } from "../../domain/workers/workers.ts";
import type { IconName } from "../page/icons.ts";

/** The catalog's names in words. */
export const OPERATING_SYSTEM_WORDS: Record<OperatingSystem, string> = {
  linux: "Linux",
  macos: "macOS",
  windows: "Windows",
};

export const ARCHITECTURE_WORDS: Record<Architecture, string> = { x86_64: "x86-64", aarch64: "ARM64" };

export const BACKEND_WORDS: Record<Backend, string> = {
  cpu: "Any CPU",
  cuda: "NVIDIA GPU (CUDA)",
  metal: "Apple GPU (Metal)",
  rocm: "AMD GPU (ROCm)",
};

/** The icons of the catalog's names. */
export const BACKEND_ICONS: Record<Backend, IconName> = { cpu: "cpu", cuda: "cuda", metal: "metal", rocm: "rocm" };

export const OPERATING_SYSTEM_ICONS: Record<OperatingSystem, IconName> = {
  linux: "linux",
  macos: "apple",
  windows: "windows",
};

export const KIND_WORDS: Record<Kind, string> = { llm: "Text", image: "Images" };

export const TIER_WORDS: Record<Tier, string> = { free: "Free", premium: "Premium" };

/** The systems and the instruction sets that a worker runs on. */
export const platformText = ({ operatingSystems, architectures }: Worker): string =>
  [
    operatingSystems.map((system) => OPERATING_SYSTEM_WORDS[system]).join(", "),
    architectures.map((architecture) => ARCHITECTURE_WORDS[architecture]).join(", "),
  ].join(" · ");

/** Whether nothing of a worker can be had yet: no release, and no source to build. */
export const isComingSoon = ({ version, releases }: AvailableWorker): boolean => version === null && releases !== null;

/** The version that an installation gets, in words. Without a release, a recipe may still build the source as it is. */
export function versionText(available: AvailableWorker): string {
  const { version, releases, latest } = available;
  if (isComingSoon(available)) return "Coming soon";
  if (version === null) return "unknown";
  return releases !== null && latest === null ? `${version}, built from source` : version;
}
