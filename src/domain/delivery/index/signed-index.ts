import { IsolateCache, onceResolved } from "../../../lib/isolate.ts";
import { verifyIndexDelegation } from "../../../lib/minisign/index-key.ts";
import { formatMinisignPublicKey, showKeyId } from "../../../lib/minisign/minisign.ts";
import type { MinisignSecretKey } from "../../../lib/minisign/secret-key.ts";
import { signText } from "../../../lib/minisign/text.ts";
import { DAY, type UnixSeconds } from "../../../lib/time.ts";
import { type Config, ConfigError } from "../../../platform/config/config.ts";
import { type StaticDocument, staticDocument } from "../../../platform/http/static-document.ts";
import { signaturePolicy } from "../../releases/artifact/check.ts";
import type { Manifest } from "../../releases/manifest.ts";
import { indexComment, indexTime, releaseIndex } from "./release-index.ts";

/** An index and the signature over exactly its bytes. */
export type SignedIndex = { index: StaticDocument; signature: StaticDocument };

const cache = new IsolateCache<SignedIndex>(100);

/**
 * The signed index of a manifest at `now`. Ed25519 gives one key and text one signature, so isolates that never met answer
 * alike, and the file and its signature fit each other without being stored. Throws what WebCrypto throws.
 */
export async function signedIndex(manifest: Manifest, signer: IndexSigner, now: UnixSeconds): Promise<SignedIndex> {
  const generatedAt = indexTime(manifest, now);
  const key = [showKeyId(signer.key.keyId), manifest.worker_id, manifest.serial, generatedAt].join(" ");
  const known = cache.get(key, now);
  if (known) return known;
  const index = releaseIndex(manifest, generatedAt);
  const text = JSON.stringify(index);
  const signature = await signText(signer.key, text, indexComment(index));
  const signed = {
    index: staticDocument(text, "application/json"),
    signature: staticDocument(signature, "text/plain; charset=utf-8"),
  };
  cache.set(key, signed, now + DAY);
  return signed;
}

/** What signs indexes, with what it takes to trust it: the text of its `.pub` file and the release key's `.minisig` over that. */
export type IndexSigner = { key: MinisignSecretKey; publicKey: string; delegation: string };

/**
 * The configured index signer, its delegation checked once per isolate. Throws `ConfigError` when no accepted release key has
 * made it: an index that no hive could verify is not served. Only the index stops then; no download hangs on it.
 */
export const indexSigner = onceResolved(async (config: Config): Promise<IndexSigner> => {
  const { secret_key: key, delegation } = config.INDEX_SIGNING_KEY;
  const publicKey = formatMinisignPublicKey(key);
  const verified = await verifyIndexDelegation(signaturePolicy(config).keys, publicKey, delegation);
  if (!verified.ok) throw new ConfigError(`Configuration: INDEX_SIGNING_KEY: ${verified.error}`);
  return { key, publicKey, delegation };
});
