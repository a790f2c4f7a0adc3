import { onceResolved } from "../../../lib/isolate.ts";
import { verifyIndexDelegation } from "../../../lib/minisign/index-key.ts";
import { formatMinisignPublicKey } from "../../../lib/minisign/minisign.ts";
import type { MinisignSecretKey } from "../../../lib/minisign/secret-key.ts";
import { type Config, ConfigError } from "../../../platform/config/config.ts";
import { signaturePolicy } from "../../releases/signing-keys.ts";

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
