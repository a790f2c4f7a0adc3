import { readFile } from "node:fs/promises";
import { type MinisignSecretKey, parseMinisignSecretKey } from "../../lib/minisign/secret-key.ts";
import { CliError, EXIT } from "../exit-code.ts";

/** Reads a minisign secret key file without a password. Throws `CliError` when it is none; nothing is said of what is in it. */
export async function readSecretKey(file: string): Promise<MinisignSecretKey> {
  const text = await readFile(file, "utf8").catch(() => {
    throw new CliError(EXIT.usage, `${file} cannot be read.`);
  });
  const key = parseMinisignSecretKey(text);
  if (!key.ok) throw new CliError(EXIT.usage, `${file}: ${key.error}`);
  return key.value;
}
