import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { PLATFORMS, type Platform } from "../../domain/releases/manifest.ts";
import { CliError, EXIT } from "../errors.ts";
import { readTextIfThere, writePrivateFile } from "../files.ts";
import { hiveFolder } from "./state.ts";

const SYSTEMS: Readonly<Record<string, string>> = { linux: "linux", darwin: "macos", win32: "windows" };
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64" };

/** The platform of this machine, as releases name it. Throws `CliError` if there are no workers for it. */
export function hostPlatform(system: string = process.platform, architecture: string = process.arch): Platform {
  const name = `${SYSTEMS[system] ?? system}-${ARCHITECTURES[architecture] ?? architecture}`;
  const platform = PLATFORMS.find((known) => known === name);
  if (platform === undefined) throw new CliError(EXIT.failure, `There are no binaries for ${name}.`);
  return platform;
}

/** The machine id of Linux, which is unique to an installation (machine-id(5)). */
const MACHINE_ID_FILES = ["/etc/machine-id", "/var/lib/dbus/machine-id"];

/**
 * The fingerprint of this machine: RBEE_MACHINE, else a hash of the system's machine id, because machine-id(5) asks to
 * keep the id itself private. A system without one gets a random id, which is made once and stored.
 */
export async function machineFingerprint(env: NodeJS.ProcessEnv): Promise<string> {
  if (env["RBEE_MACHINE"]) return env["RBEE_MACHINE"];
  const own = join(hiveFolder(env), "machine-id");
  for (const file of [...MACHINE_ID_FILES, own]) {
    const id = (await readTextIfThere(file))?.trim();
    if (id && /^[0-9a-f]{32}$/.test(id)) return createHash("sha256").update(`rbee-hive:${id}`).digest("hex");
  }
  await writePrivateFile(own, `${randomBytes(16).toString("hex")}\n`);
  return machineFingerprint(env);
}
