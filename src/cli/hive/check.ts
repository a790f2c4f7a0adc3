import { readFile } from "node:fs/promises";
import {
  type MinisignPublicKey,
  parseMinisignPublicKeys,
  parseMinisignSignature,
  verifyMinisign,
} from "../../lib/minisign/minisign.ts";
import { trustedFields } from "../../lib/minisign/text.ts";
import type { CatalogClient } from "../catalog-client.ts";
import { CliError, EXIT } from "../errors.ts";
import type { FileDigest } from "../files.ts";

/** Keys that may sign releases, and the text that they were read from. */
export type ReleaseKeys = { text: string; keys: MinisignPublicKey[] };

/** Reads public keys from a text of minisign `.pub` form. Throws when it has none; `source` names it. */
function parseReleaseKeys(text: string, source: string): ReleaseKeys {
  const parsed = parseMinisignPublicKeys(text);
  if (!parsed.ok) throw new CliError(EXIT.failure, `${source}: ${parsed.error}`);
  if (parsed.value.length === 0) throw new CliError(EXIT.integrity, `${source} has no release signing key.`);
  return { text, keys: parsed.value };
}

/**
 * The keys that a download must be signed with: those in the file that a person named, else those pinned when this catalog
 * was first used, else the catalog's own, to be pinned now. A catalog that is taken over later cannot bring its own keys.
 */
export async function releaseKeys(
  client: CatalogClient,
  { file, pinned }: { file: string | undefined; pinned: string | undefined },
): Promise<ReleaseKeys> {
  if (file !== undefined) {
    const text = await readFile(file, "utf8").catch(() => {
      throw new CliError(EXIT.usage, `${file} cannot be read.`);
    });
    return parseReleaseKeys(text, file);
  }
  if (pinned !== undefined) return parseReleaseKeys(pinned, "The pinned key");
  const response = await client.send({ path: "/keys/release-signing.pub" });
  return parseReleaseKeys(await response.text(), `${client.url}/keys/release-signing.pub`);
}

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
