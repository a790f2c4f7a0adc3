import { readFile } from "node:fs/promises";
import { isPgpSignature } from "../../domain/releases/pgp-signature.ts";
import { encodeBase64 } from "../../lib/encoding.ts";
import { CliError, EXIT } from "../exit-code.ts";

/**
 * The detached OpenPGP signature in a file, in base64. Throws `CliError` when there is no such file or it holds anything else, as an
 * armored signature, which pacman does not read.
 */
export async function readPgpSignature(path: string): Promise<string> {
  const bytes = await readFile(path).catch(() => {
    throw new CliError(EXIT.usage, `${path} cannot be read.`);
  });
  const base64 = encodeBase64(bytes);
  if (isPgpSignature(base64)) return base64;
  throw new CliError(
    EXIT.usage,
    `${path} is no binary OpenPGP signature: make it with gpg --detach-sign, without --armor.`,
  );
}
