import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { writePrivateFile } from "../private-file.ts";
import { readTextIfThere } from "../text-file.ts";
import { hiveFolder } from "./state.ts";

/** Where Linux keeps what tells one installation from another (machine-id(5)). */
const MACHINE_ID_FILES = ["/etc/machine-id", "/var/lib/dbus/machine-id"];

/**
 * What this machine is known by. RBEE_MACHINE if it is set; else a hash of the system's machine id, which machine-id(5)
 * asks not to send to anyone as it is; else, where the system has none, a random id that is made once and kept.
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
