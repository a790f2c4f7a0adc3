import { createHash } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readTextIfThere } from "../../src/cli/files.ts";
import { VERSION } from "../../src/cli/version.ts";
import type { MinisignPublicKey } from "../../src/lib/minisign/minisign.ts";
import type { MinisignSecretKey } from "../../src/lib/minisign/secret-key.ts";
import { formatTrustedComment, signText, verifyText } from "../../src/lib/minisign/text.ts";

/** The file name of the bundled command. */
export const COMMAND = "rbee-catalog.mjs";

/** The trusted comment of the command's signature. `install.sh --cli` refuses the signature of any other file. */
export const COMMAND_COMMENT = formatTrustedComment({ file: COMMAND, version: VERSION });

/** The text of the command's `.minisig`. The same key makes the same text for the same command. */
export const signCommand = (key: MinisignSecretKey, command: string): Promise<string> =>
  signText(key, command, COMMAND_COMMENT);

/** Whether `minisig` is a signature of this very command and version by one of `keys`. */
export async function isCommandSignature(
  minisig: string,
  command: string,
  keys: MinisignPublicKey[],
): Promise<boolean> {
  const verified = await verifyText(keys, command, minisig);
  return verified.ok && verified.value.signature.trustedComment === COMMAND_COMMENT;
}

/**
 * Writes the folder that the Worker serves at `/cli`: the command, its sum as `sha256sum` writes it, and its signature
 * if there is one.
 */
export async function writeServedCommand(folder: string, command: string, minisig: string | null): Promise<void> {
  const served = join(folder, "cli");
  await rm(served, { recursive: true, force: true });
  await mkdir(served, { recursive: true });
  const sum = createHash("sha256").update(command).digest("hex");
  await writeFile(join(served, COMMAND), command);
  await writeFile(join(served, `${COMMAND}.sha256`), `${sum}  ${COMMAND}\n`);
  if (minisig !== null) await writeFile(join(served, `${COMMAND}.minisig`), minisig);
}

/** The signature beside an earlier build in `folder`, if it is by one of `keys` and valid for this command. */
export async function keptSignature(
  folder: string,
  command: string,
  keys: MinisignPublicKey[],
): Promise<string | null> {
  const kept = await readTextIfThere(join(folder, `${COMMAND}.minisig`));
  return kept !== null && (await isCommandSignature(kept, command, keys)) ? kept : null;
}
