import { firstOwnerSql } from "../../src/cli/commands/token.ts";
import { createPrivateFile, readTextIfThere, writePrivateFile } from "../../src/cli/files.ts";
import { isAdminToken, newAdminToken } from "../../src/lib/credential.ts";
import {
  formatMinisignSecretKey,
  generateMinisignKey,
  type MinisignSecretKey,
  parseMinisignSecretKey,
} from "../../src/lib/minisign/secret-key.ts";
import type { Ledger } from "./ledger.ts";

/** The development server's release signing key, made on the first start. Throws if the file has no such key. */
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

/**
 * The development server's owner token, made on the first start. The file is written before the ledger, and the
 * ledger on every start. So the next start repairs one that was cut in between, or data that was deleted.
 */
export async function ensureOwnerToken(path: string, ledger: Ledger): Promise<string> {
  const kept = (await readTextIfThere(path))?.trim();
  const token = kept !== undefined && isAdminToken(kept) ? kept : newAdminToken();
  if (token !== kept) await writePrivateFile(path, `${token}\n`);
  await ledger.execute([{ sql: await firstOwnerSql(token, "development owner") }]);
  return token;
}
