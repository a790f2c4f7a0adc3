import { readSignedNames } from "../../domain/releases/artifact/signed-names.ts";
import {
  type MinisignPublicKey,
  parseMinisignPublicKeys,
  parseMinisignSignature,
  verifyMinisign,
} from "../../lib/minisign/minisign.ts";
import type { CatalogClient } from "../catalog-client.ts";
import { CliError, EXIT } from "../errors.ts";
import { type FileDigest, readNamedFile } from "../files.ts";
import { isPrivate } from "../transport.ts";
import type { Hive } from "./state.ts";

/** Keys that may sign releases, and the text of their `.pub` file. */
export type ReleaseKeys = { text: string; keys: MinisignPublicKey[] };

/** Reads the keys from the text of a minisign `.pub` file. Throws if it has none. `source` is named in the error. */
function parseReleaseKeys(text: string, source: string): ReleaseKeys {
  const parsed = parseMinisignPublicKeys(text);
  if (!parsed.ok) throw new CliError(EXIT.failure, `${source}: ${parsed.error}`);
  if (parsed.value.length === 0) throw new CliError(EXIT.integrity, `${source} has no release signing key.`);
  return { text, keys: parsed.value };
}

/**
 * The keys that may sign a download: those in `file`, else those pinned for this catalog, else the catalog's own, which
 * the caller pins. Pinning keeps a catalog that is taken over later from introducing its own keys. A key is never taken
 * over plain http, but from this machine. Throws `CliError`.
 */
export async function releaseKeys(
  client: CatalogClient,
  { file, pinned }: { file: string | undefined; pinned: string | undefined },
): Promise<ReleaseKeys> {
  if (file !== undefined) return parseReleaseKeys((await readNamedFile(file)).toString("utf8"), file);
  if (pinned !== undefined) return parseReleaseKeys(pinned, "The pinned key");
  if (!isPrivate(new URL(client.url))) {
    throw new CliError(
      EXIT.usage,
      `No release key of ${client.url} is pinned on this machine, and its own key is not trusted: plain http can be ` +
        "altered on the way, for example by a proxy. Add --release-key FILE, or use https.",
    );
  }
  const response = await client.send({ path: "/keys/release-signing.pub" });
  return parseReleaseKeys(await response.text(), `${client.url}/keys/release-signing.pub`);
}

/**
 * The keys to trust in a hive's command. A mirror's own keys are never trusted, because they could vouch for anything.
 * Throws `CliError`.
 */
export function trustedKeys(
  { client, note, state }: Hive,
  options: { mirror?: string; releaseKey?: string },
): Promise<ReleaseKeys> {
  const pinned = state.release_keys[client.url];
  if (pinned === undefined && options.releaseKey === undefined) {
    if (options.mirror !== undefined) {
      throw new CliError(
        EXIT.usage,
        `No release key of ${client.url} is pinned on this machine, and a mirror cannot vouch for itself. Add --release-key FILE.`,
      );
    }
    note(`No release key is pinned yet. Using the one that ${client.url} serves.`);
  }
  return releaseKeys(client, { file: options.releaseKey, pinned });
}

/** The release, name, size and hash that a file must have. */
export type Expected = { workerId: string; version: string; filename: string; size: number; sha256: string };

/**
 * The reason why a file is not the published one, as a sentence, or null. The file must have the expected size and
 * sha256, and a signature by one of `keys` that names no other worker, version or file. A signature that names none is
 * accepted.
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
  const { workerId: worker, version, filename: file } = expected;
  const named = readSignedNames(signature.value.trustedComment, { worker, version, file });
  return named.ok ? null : named.error.replace(/^The signature/, "its signature");
}

/** Throws `CliError` (integrity) unless a downloaded file is the published one. */
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
