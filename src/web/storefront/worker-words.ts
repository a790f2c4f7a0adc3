import type { Platform } from "../../domain/releases/manifest.ts";
import type { Architecture } from "../../domain/workers/recipe.ts";
import type { Backend, OperatingSystem, Tier } from "../../domain/workers/table.ts";

/** The catalog's names as people know them. */
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
};

export const TIER_WORDS: Record<Tier, string> = { free: "Free", premium: "Premium" };

export const PLATFORM_WORDS: Record<Platform, string> = {
  "linux-x86_64": "Linux, x86-64",
  "linux-aarch64": "Linux, ARM64",
  "macos-aarch64": "macOS, Apple silicon",
  "windows-x86_64": "Windows, x86-64",
};
