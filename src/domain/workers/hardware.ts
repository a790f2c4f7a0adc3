import type { Architecture } from "./recipe.ts";
import type { OperatingSystem } from "./table.ts";

/** How programs name an operating system: Rust's `std::env::consts::OS`, `uname -s`, Node, browsers. */
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

/** How programs name an instruction set: Rust, `uname -m` on Linux and macOS, Debian, Node. */
const ARCHITECTURE_NAMES: ReadonlyMap<string, Architecture> = new Map([
  ["x86_64", "x86_64"],
  ["x86-64", "x86_64"],
  ["amd64", "x86_64"],
  ["x64", "x86_64"],
  ["aarch64", "aarch64"],
  ["arm64", "aarch64"],
]);

/** An instruction set by any of its names, in any case; null for an unknown one. */
export function parseArchitecture(name: string): Architecture | null {
  return ARCHITECTURE_NAMES.get(name.toLowerCase()) ?? null;
}

/**
 * A platform by any of its names, in any case: an operating system (`linux`, `Darwin`), or one with an instruction set
 * after a hyphen (`linux-x86_64`, `darwin-arm64`). Null when either part is unknown.
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
