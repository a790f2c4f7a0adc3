import type { MinisignPublicKey } from "../../releases/minisign.ts";
import { parseMinisignSignature, verifyMinisign } from "../../releases/minisign.ts";
import { trustedFields } from "../../releases/trusted-comment.ts";
import { CliError, EXIT } from "../exit-code.ts";
import type { FileDigest } from "../file-digest.ts";

/** What a downloaded file must come to. */
export type Expected = { workerId: string; version: string; size: number; sha256: string };

/**
 * Throws `CliError` (integrity) unless the file has the size and the sha256 that the catalog says, and a signature by one
 * of `keys` that was made for this worker and version. Signatures of other tools, which name neither, are taken as they are.
 */
export async function checkDownload(
  digest: FileDigest,
  expected: Expected,
  minisig: string,
  keys: MinisignPublicKey[],
): Promise<void> {
  const refuse = (reason: string): never => {
    throw new CliError(EXIT.integrity, `${expected.workerId} ${expected.version} was not installed: ${reason}`);
  };
  if (digest.size !== expected.size) refuse(`it has ${digest.size} bytes, not ${expected.size}.`);
  if (digest.sha256 !== expected.sha256) refuse(`its sha256 is ${digest.sha256}, not ${expected.sha256}.`);
  const signature = parseMinisignSignature(minisig);
  if (!signature.ok) return refuse(signature.error);
  const signer = await verifyMinisign(keys, signature.value, digest.blake2b);
  if (!signer.ok) refuse(signer.error);
  const named = trustedFields(signature.value.trustedComment);
  for (const [field, value] of [
    ["worker", expected.workerId],
    ["version", expected.version],
  ] as const) {
    const signed = named.get(field);
    if (signed !== undefined && signed !== value) refuse(`its signature was made for ${field} ${signed}.`);
  }
}
