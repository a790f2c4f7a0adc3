import { verifyIndexDelegation } from "../../lib/minisign/index-delegation.ts";
import { formatMinisignPublicKey } from "../../lib/minisign/minisign.ts";
import type { MinisignSecretKey } from "../../lib/minisign/secret-key.ts";
import { type Config, ConfigError } from "../../platform/config/config.ts";
import { signaturePolicy } from "../releases/signing-keys.ts";

/** What signs indexes, with what it takes to trust it: the text of its `.pub` file and the release key's `.minisig` over that. */
export type IndexSigner = { key: MinisignSecretKey; publicKey: string; delegation: string };

const signers = new WeakMap<object, Promise<IndexSigner>>();

/**
 * The configured index signer, its delegation checked once per isolate. Throws `ConfigError` when no accepted release key has
 * made it: an index that no hive could verify is not served. Only the index stops then; no download hangs on it.
 */
export function indexSigner(config: Config): Promise<IndexSigner> {
  const known = signers.get(config);
  if (known) return known;
  const signer = checkedSigner(config);
  signers.set(config, signer);
  return signer;
}

async function checkedSigner(config: Config): Promise<IndexSigner> {
  const { secret_key: key, delegation } = config.INDEX_SIGNING_KEY;
  const publicKey = formatMinisignPublicKey(key);
  const verified = await verifyIndexDelegation(signaturePolicy(config).keys, publicKey, delegation);
  if (!verified.ok) throw new ConfigError(`Configuration: INDEX_SIGNING_KEY: ${verified.error}`);
  return { key, publicKey, delegation };
}
