import { PLATFORMS, type Platform } from "../../domain/releases/manifest.ts";
import { CliError, EXIT } from "../exit-code.ts";

const SYSTEMS: Readonly<Record<string, string>> = { linux: "linux", darwin: "macos", win32: "windows" };
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64" };

/** The platform of this machine, as releases name it. Throws where no worker is built for it. */
export function hostPlatform(system: string = process.platform, architecture: string = process.arch): Platform {
  const name = `${SYSTEMS[system] ?? system}-${ARCHITECTURES[architecture] ?? architecture}`;
  const platform = PLATFORMS.find((known) => known === name);
  if (platform === undefined) throw new CliError(EXIT.failure, `There are no binaries for ${name}.`);
  return platform;
}
