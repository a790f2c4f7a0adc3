import { IsolateCache, onceResolved, SMALL_CACHE } from "../../../lib/isolate.ts";
import { verifyIndexDelegation } from "../../../lib/minisign/index-key.ts";
import { formatMinisignPublicKey, showKeyId } from "../../../lib/minisign/minisign.ts";
import type { MinisignSecretKey } from "../../../lib/minisign/secret-key.ts";
import { signText } from "../../../lib/minisign/text.ts";
import { DAY, type UnixSeconds } from "../../../lib/time.ts";
import { type Config, ConfigError } from "../../../platform/config/config.ts";
import { type StaticDocument, staticDocument } from "../../../platform/http/document.ts";
import { signaturePolicy } from "../../releases/artifact/check.ts";
import type { Manifest } from "../../releases/manifest.ts";
import type { Worker } from "../../workers/workers.ts";
import { type IndexedWorker, indexComment, indexTime, releaseIndex } from "./release-index.ts";

/** The facts of a worker for its index. */
export const indexedWorker = (worker: Worker): IndexedWorker => ({
  variant: worker.variant,
  family: worker.family.id,
  kind: worker.kind,
  tier: worker.tier,
  backend: worker.backend,
  platforms: worker.operatingSystems.flatMap((system) => worker.architectures.map((one) => `${system}-${one}`)),
});

/** An index and the signature over exactly its bytes. */
export type SignedIndex = { index: StaticDocument; signature: StaticDocument };

const cache = new IsolateCache<SignedIndex>(100, SMALL_CACHE);

/**
 * The signed index of a manifest at `now`. Ed25519 signatures are deterministic, so all isolates give the same answer,
 * and file and signature fit each other without being stored. Throws WebCrypto's errors.
 */
export async function signedIndex(
  worker: Worker,
  manifest: Manifest,
  signer: IndexSigner,
  now: UnixSeconds,
): Promise<SignedIndex> {
  const generatedAt = indexTime(manifest, now);
  const key = [showKeyId(signer.key.keyId), manifest.worker_id, manifest.serial, generatedAt].join(" ");
  const known = cache.get(key, now);
  if (known) return known;
  const index = releaseIndex(indexedWorker(worker), manifest, generatedAt);
  const text = JSON.stringify(index);
  const signature = await signText(signer.key, text, indexComment(index));
  const signed = {
    index: staticDocument(text, "application/json"),
    signature: staticDocument(signature, "text/plain; charset=utf-8"),
  };
  cache.set(key, signed, now + DAY);
  return signed;
}

/** The key that signs indexes, the text of its `.pub` file, and the release key's `.minisig` over that file. */
export type IndexSigner = { key: MinisignSecretKey; publicKey: string; delegation: string };

/**
 * The configured index signer. Its delegation is checked once per isolate. Throws `ConfigError` if no accepted release
 * key has signed it, because no hive could verify such an index. Downloads do not depend on it.
 */
export const indexSigner = onceResolved(async (config: Config): Promise<IndexSigner> => {
  const { secret_key: key, delegation } = config.INDEX_SIGNING_KEY;
  const publicKey = formatMinisignPublicKey(key);
  const verified = await verifyIndexDelegation(signaturePolicy(config).keys, publicKey, delegation);
  if (!verified.ok) throw new ConfigError([{ variable: "INDEX_SIGNING_KEY", message: verified.error }]);
  return { key, publicKey, delegation };
});
