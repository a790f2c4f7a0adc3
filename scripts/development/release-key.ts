import { createPrivateFile, readTextIfThere } from "../../src/cli/files.ts";
import {
  formatMinisignSecretKey,
  generateMinisignKey,
  type MinisignSecretKey,
  parseMinisignSecretKey,
} from "../../src/lib/minisign/secret-key.ts";

/** The development server's release signing key, made on the first start. Throws when the file is not such a key. */
export async function ensureReleaseKey(path: string): Promise<MinisignSecretKey> {
  const text = await readTextIfThere(path);
  if (text === null) {
    const key = await generateMinisignKey();
    await createPrivateFile(path, formatMinisignSecretKey(key));
    return key;
  }
  const key = parseMinisignSecretKey(text);
  if (!key.ok) throw new Error(`${path}: ${key.error} Delete it to have a new one made.`);
  return key.value;
}
