import { err, ok, type Result } from "../result.ts";
import type { UnixSeconds } from "../time.ts";
import { formatMinisignPublicKey, type MinisignPublicKey, parseMinisignPublicKeys } from "./minisign.ts";
import type { MinisignSecretKey } from "./secret-key.ts";
import { signText, verifyText } from "./text.ts";
import { formatTrustedComment, trustedFields } from "./trusted-comment.ts";

/** What a delegation is signed for, so that no other signature of the release key can be passed off as one. */
const PURPOSE = "worker-index";

/** A key that may sign indexes, and when the release key said so. */
export type IndexDelegation = { key: MinisignPublicKey; delegatedAt: UnixSeconds };

/**
 * The `.minisig` by which the holder of a release key lets `indexKey` sign indexes: over the text of its `.pub` file, as
 * `/keys/index-signing.pub` serves it. TUF's split of roles: the release key stays offline, this key is online and can say
 * which releases there are, never what is in one. Throws what WebCrypto throws.
 */
export const delegateIndexKey = (
  releaseKey: MinisignSecretKey,
  indexKey: MinisignPublicKey,
  now: UnixSeconds,
): Promise<string> =>
  signText(
    releaseKey,
    formatMinisignPublicKey(indexKey),
    formatTrustedComment({ timestamp: now, file: "index-signing.pub", purpose: PURPOSE }),
  );

/**
 * Checks that one of `releaseKeys` has made a delegation for the key in `publicKeyText`, the text of a `.pub` file. The error
 * is a sentence for a person.
 */
export async function verifyIndexDelegation(
  releaseKeys: MinisignPublicKey[],
  publicKeyText: string,
  minisig: string,
): Promise<Result<IndexDelegation, string>> {
  const refuse = (reason: string) => err(`The index signing key is not vouched for: ${reason}`);
  const verified = await verifyText(releaseKeys, publicKeyText, minisig);
  if (!verified.ok) return refuse(verified.error);
  const fields = trustedFields(verified.value.signature.trustedComment);
  const timestamp = fields.get("timestamp") ?? "";
  if (fields.get("purpose") !== PURPOSE || !/^\d{1,12}$/.test(timestamp)) {
    return refuse("the release key has signed it for something else.");
  }
  const keys = parseMinisignPublicKeys(publicKeyText);
  const [key, ...more] = keys.ok ? keys.value : [];
  if (!key || more.length > 0) return refuse("what is signed is not one minisign public key.");
  return ok({ key, delegatedAt: Number(timestamp) });
}
