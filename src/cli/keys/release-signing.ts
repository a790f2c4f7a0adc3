import { readFile } from "node:fs/promises";
import { formatMinisignPublicKey, type MinisignPublicKey } from "../../lib/minisign/minisign.ts";
import { type MinisignSecretKey, parseMinisignSecretKey } from "../../lib/minisign/secret-key.ts";
import { CliError, EXIT } from "../errors.ts";

/** The line of keys/release-signing.pub that stands in for a first key. */
const NONE_YET = /^untrusted comment: no release signing key yet.*\n/m;

/** The text of keys/release-signing.pub with one more public key; those that are in it stay. */
export function addReleaseKey(text: string, key: MinisignPublicKey): string {
  const rest = text.replace(NONE_YET, "");
  return `${rest}${rest === "" || rest.endsWith("\n") ? "" : "\n"}${formatMinisignPublicKey(key)}`;
}

/** Reads a minisign secret key file without a password. Throws `CliError` when it is none; nothing is said of what is in it. */
export async function readSecretKey(file: string): Promise<MinisignSecretKey> {
  const text = await readFile(file, "utf8").catch(() => {
    throw new CliError(EXIT.usage, `${file} cannot be read.`);
  });
  const key = parseMinisignSecretKey(text);
  if (!key.ok) throw new CliError(EXIT.usage, `${file}: ${key.error}`);
  return key.value;
}
