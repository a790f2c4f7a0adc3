import type { Platform } from "../releases/manifest.ts";
import type { OperatingSystem } from "../workers/table.ts";
import type { Worker } from "../workers/workers.ts";

/**
 * The systems that pages show ways to install for, in order. `linux` is any distribution; those after it have package
 * managers of their own. Fedora stands for every system with dnf or zypper.
 */
export const INSTALL_SYSTEMS = ["linux", "debian", "fedora", "arch", "macos", "windows", "container"] as const;
export type InstallSystem = (typeof INSTALL_SYSTEMS)[number];

/** The names of the systems for people. */
export const INSTALL_SYSTEM_WORDS: Record<InstallSystem, string> = {
  linux: "Linux",
  debian: "Debian and Ubuntu",
  fedora: "Fedora, RHEL and openSUSE",
  arch: "Arch Linux",
  macos: "macOS",
  windows: "Windows",
  container: "Container",
};

/** The operating system that a worker must be made for, to run on the system. */
const RUNS: Record<InstallSystem, OperatingSystem> = {
  linux: "linux",
  debian: "linux",
  fedora: "linux",
  arch: "linux",
  macos: "macos",
  windows: "windows",
  container: "linux",
};

/** The systems that run a file for a platform as it is, each once, in the order of `INSTALL_SYSTEMS`. */
export const systemsOf = (platforms: readonly Platform[]): InstallSystem[] =>
  INSTALL_SYSTEMS.filter(
    (system) =>
      (system === "linux" || system === "macos" || system === "windows") &&
      platforms.some((platform) => platform.startsWith(`${system}-`)),
  );

/** Whether a worker is made for a system, released or not. */
export const isMadeFor = ({ operatingSystems }: Pick<Worker, "operatingSystems">, system: InstallSystem): boolean =>
  operatingSystems.includes(RUNS[system]);
