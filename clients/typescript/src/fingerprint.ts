import { sha256, toBase64Url, toHex } from "./bytes.ts";

/** Whether a text can name a machine: 1 to 256 code points after trimming, no control characters. */
export function isFingerprint(text: string): boolean {
  const trimmed = text.trim();
  return trimmed.length > 0 && [...trimmed].length <= 256 && !/\p{Cc}/u.test(trimmed);
}

/** The hash of a fingerprint that the tokens of a license (`lic_...`) have as their claim `machine`. */
export const hashFingerprint = async (licenseId: string, fingerprint: string): Promise<string> =>
  toBase64Url(await sha256(`rbee-machine:${licenseId}:${fingerprint.trim()}`));

/**
 * The fingerprint that `rbee-catalog`, `install.sh` and hives make of a system's machine id (machine-id(5), which asks
 * to keep the id itself private), or null for a text that is no id.
 */
export async function fingerprintOfMachineId(text: string): Promise<string | null> {
  const id = text.trim();
  return /^[0-9a-f]{32}$/.test(id) ? toHex(await sha256(`rbee-hive:${id}`)) : null;
}
