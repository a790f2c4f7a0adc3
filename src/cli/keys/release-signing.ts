import { formatMinisignPublicKey, type MinisignPublicKey } from "../../lib/minisign/minisign.ts";
import { type MinisignSecretKey, parseMinisignSecretKey } from "../../lib/minisign/secret-key.ts";
import { CliError, EXIT } from "../errors.ts";
import { readNamedFile } from "../files.ts";

/** The placeholder in keys/release-signing.pub before the first key. */
const NONE_YET = /^untrusted comment: no release signing key yet.*\n/m;

/** Adds a public key to the text of keys/release-signing.pub. Keeps the keys that it has. */
export function addReleaseKey(text: string, key: MinisignPublicKey): string {
  const rest = text.replace(NONE_YET, "");
  return `${rest}${rest === "" || rest.endsWith("\n") ? "" : "\n"}${formatMinisignPublicKey(key)}`;
}

/** Reads a minisign secret key file without a password. Throws `CliError` if it is invalid; never quotes it. */
export async function readSecretKey(file: string): Promise<MinisignSecretKey> {
  const key = parseMinisignSecretKey((await readNamedFile(file)).toString("utf8"));
  if (!key.ok) throw new CliError(EXIT.usage, `${file}: ${key.error}`);
  return key.value;
}
