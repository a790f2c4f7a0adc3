import type { Architecture } from "./recipe.ts";
import type { OperatingSystem } from "./table.ts";

/** The names of operating systems in Rust's `std::env::consts::OS`, `uname -s`, Node and browsers. */
const OPERATING_SYSTEM_NAMES: ReadonlyMap<string, OperatingSystem> = new Map([
  ["linux", "linux"],
  ["macos", "macos"],
  ["darwin", "macos"],
  ["osx", "macos"],
  ["mac", "macos"],
  ["windows", "windows"],
  ["win32", "windows"],
  ["win", "windows"],
]);

/** The names of instruction sets in Rust, `uname -m` on Linux and macOS, Debian and Node. */
const ARCHITECTURE_NAMES: ReadonlyMap<string, Architecture> = new Map([
  ["x86_64", "x86_64"],
  ["x86-64", "x86_64"],
  ["amd64", "x86_64"],
  ["x64", "x86_64"],
  ["aarch64", "aarch64"],
  ["arm64", "aarch64"],
]);

/** Finds an instruction set by any of its names, in any case; null for an unknown name. */
export function parseArchitecture(name: string): Architecture | null {
  return ARCHITECTURE_NAMES.get(name.toLowerCase()) ?? null;
}

/**
 * Finds a platform by any of its names, in any case: an operating system (`linux`, `Darwin`), or one with an
 * instruction set after a hyphen (`linux-x86_64`, `darwin-arm64`). Null if either part is unknown.
 */
export function parsePlatform(
  name: string,
): { operatingSystem: OperatingSystem; architecture: Architecture | null } | null {
  const [, system = "", architectureName] = /^([^-]*)(?:-(.*))?$/.exec(name.toLowerCase()) ?? [];
  const operatingSystem = OPERATING_SYSTEM_NAMES.get(system);
  if (operatingSystem === undefined) return null;
  if (architectureName === undefined) return { operatingSystem, architecture: null };
  const architecture = parseArchitecture(architectureName);
  return architecture && { operatingSystem, architecture };
}
