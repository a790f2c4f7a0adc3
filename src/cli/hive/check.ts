import type { MinisignPublicKey } from "../../lib/minisign/minisign.ts";
import { parseMinisignSignature, verifyMinisign } from "../../lib/minisign/minisign.ts";
import { trustedFields } from "../../lib/minisign/trusted-comment.ts";
import { CliError, EXIT } from "../exit-code.ts";
import type { FileDigest } from "../file-digest.ts";

/** What a file must come to. */
export type Expected = { workerId: string; version: string; size: number; sha256: string };

/**
 * Why a file is not what a publisher signed, as a sentence for a person, or null: it must have the size and the sha256 that the
 * catalog says, and a signature by one of `keys` that was made for this worker and version. Signatures of other tools, which name
 * neither, are taken as they are.
 */
export async function faultOfFile(
  digest: FileDigest,
  expected: Expected,
  minisig: string,
  keys: MinisignPublicKey[],
): Promise<string | null> {
  if (digest.size !== expected.size) return `it has ${digest.size} bytes, not ${expected.size}.`;
  if (digest.sha256 !== expected.sha256) return `its sha256 is ${digest.sha256}, not ${expected.sha256}.`;
  const signature = parseMinisignSignature(minisig);
  if (!signature.ok) return signature.error;
  const signer = await verifyMinisign(keys, signature.value, digest.blake2b);
  if (!signer.ok) return signer.error;
  const named = trustedFields(signature.value.trustedComment);
  for (const [field, value] of [
    ["worker", expected.workerId],
    ["version", expected.version],
  ] as const) {
    const signed = named.get(field);
    if (signed !== undefined && signed !== value) return `its signature was made for ${field} ${signed}.`;
  }
  return null;
}

/** Throws `CliError` (integrity) unless a downloaded file is what a publisher signed. */
export async function checkDownload(
  digest: FileDigest,
  expected: Expected,
  minisig: string,
  keys: MinisignPublicKey[],
): Promise<void> {
  const fault = await faultOfFile(digest, expected, minisig, keys);
  if (fault === null) return;
  throw new CliError(EXIT.integrity, `${expected.workerId} ${expected.version} was not installed: ${fault}`);
}
