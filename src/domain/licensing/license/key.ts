import { cleanSecret, LICENSE_KEY_PREFIX, looksLikeLicenseKey } from "../../../lib/credential.ts";
import { decodeCrockford, encodeCrockford } from "../../../lib/crockford.ts";
import { equalInConstantTime } from "../../../lib/encoding.ts";
import { formatId } from "../../../lib/id.ts";
import { err, ok, type Result } from "../../../lib/result.ts";
import type { LicenseRefusal } from "../refusal.ts";

const ID_BYTES = 16;
const BODY_BYTES = ID_BYTES + 2;
const MAC_BYTES = 16;
const KEY_BYTES = BODY_BYTES + MAC_BYTES;

/**
 * The holder of a genuine credential: a license, the generation of its key, and a machine (fingerprint hash). It does
 * not tell whether the license is in force, because no storage has been read.
 */
export type Holder = { licenseId: string; generation: number; machine: string };

/** The holder of a license key, which names no machine. */
export type KeyHolder = Omit<Holder, "machine">;

/** The HMAC key that makes and checks license keys. `secret` is LICENSE_KEY_SECRET. */
export const importLicenseKeySecret = (secret: Uint8Array<ArrayBuffer>): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);

async function mac(secret: CryptoKey, body: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign("HMAC", secret, body)).subarray(0, MAC_BYTES);
}

/**
 * The key of a license (`lic_...`) in a generation (0 to 65535): `rbee_lic_` and 55 Crockford symbols. It is not
 * stored, because the same input always gives the same key. Throws on an id that is not a license's; that is a bug,
 * never input.
 */
export async function formatLicenseKey({ licenseId, generation }: KeyHolder, secret: CryptoKey): Promise<string> {
  const id = decodeCrockford(licenseId.slice("lic_".length), ID_BYTES);
  if (!id || !licenseId.startsWith("lic_")) throw new Error(`not a license id: ${licenseId}`);
  const key = new Uint8Array(KEY_BYTES);
  key.set(id);
  new DataView(key.buffer).setUint16(ID_BYTES, generation);
  key.set(await mac(secret, key.slice(0, BODY_BYTES)), BODY_BYTES);
  return LICENSE_KEY_PREFIX + encodeCrockford(key);
}

/**
 * The holder of a genuine key, in any case and with any blanks, quotes, hyphens or zero-width characters that a copy
 * has gained (`cleanSecret`). KEY_INVALID for every other text. Reads no storage, because the key authenticates itself.
 */
export async function parseLicenseKey(text: string, secret: CryptoKey): Promise<Result<KeyHolder, LicenseRefusal>> {
  const clean = cleanSecret(text);
  const bytes = looksLikeLicenseKey(clean) ? decodeCrockford(clean.slice(LICENSE_KEY_PREFIX.length), KEY_BYTES) : null;
  if (!bytes || !equalInConstantTime(bytes.subarray(BODY_BYTES), await mac(secret, bytes.slice(0, BODY_BYTES)))) {
    return err({ code: "KEY_INVALID", why: "malformed" });
  }
  return ok({
    licenseId: formatId("lic", bytes.subarray(0, ID_BYTES)),
    generation: new DataView(bytes.buffer).getUint16(ID_BYTES),
  });
}

/**
 * Wraps shell commands (bash or zsh) that need a license key. The result first prompts for the key, without showing it
 * or saving it in the shell's history, and then has it in `variable`. It is one command, because `read` would take the
 * next of several pasted commands as the key.
 */
export const withLicensePrompt = (variable: string, ...commands: string[]): string =>
  [`read -rs ${variable} && export ${variable}`, ...commands].join(" &&\n");

/** The command that activates this machine at `catalogUrl`. It prompts for the key, so no command line shows it. */
export const activationCommand = (catalogUrl: string): string =>
  `rbee-catalog --url ${catalogUrl} activate --key-stdin`;
