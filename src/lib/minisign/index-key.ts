import * as z from "zod";
import { lazy } from "../lazy.ts";
import { err, ok, type Result } from "../result.ts";
import type { UnixSeconds } from "../time.ts";
import {
  formatMinisignPublicKey,
  type MinisignPublicKey,
  parseMinisignPublicKeys,
  parseMinisignSignature,
} from "./minisign.ts";
import {
  formatMinisignSecretKey,
  generateMinisignKey,
  type MinisignSecretKey,
  parseMinisignSecretKey,
} from "./secret-key.ts";
import { formatTrustedComment, signText, trustedFields, verifyText } from "./text.ts";

/** The purpose in a delegation's trusted comment, so no other signature of the release key passes for a delegation. */
const PURPOSE = "worker-index";

/** A key that may sign indexes, and the time at which the release key delegated to it. */
export type IndexDelegation = { key: MinisignPublicKey; delegatedAt: UnixSeconds };

/**
 * The `.minisig` that lets `indexKey` sign indexes: the release key's signature over the text that
 * `/keys/index-signing.pub` serves. As in TUF, the release key stays offline. The online index key can list releases
 * but cannot change their contents. Throws WebCrypto's errors.
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
 * Checks that one of `releaseKeys` made a delegation for the key in `publicKeyText`, the text of a `.pub` file. The
 * error is a sentence for a person.
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

/**
 * The secret INDEX_SIGNING_KEY as JSON: the key and the release key's delegation to it. They are one value so that a
 * rotation changes both at once.
 */
export const indexSigningKey = lazy(() =>
  z.object({
    /** The text of a minisign secret key file without a password. */
    secret_key: z.string().transform((text, context) => {
      const key = parseMinisignSecretKey(text);
      if (key.ok) return key.value;
      context.addIssue({ code: "custom", message: "must be made by `rbee-catalog keys new --index`" });
      return z.NEVER;
    }),
    /** The text of the `.minisig` over the key's public half. */
    delegation: z.string().refine((text) => parseMinisignSignature(text).ok, "is not a minisign signature"),
  }),
);

export type IndexSigningKey = z.output<ReturnType<typeof indexSigningKey>>;

/**
 * Makes a key that may sign indexes, with the delegation of `releaseKey`. `secret` is the value of INDEX_SIGNING_KEY;
 * `keyId` names the key's public half. Throws WebCrypto's errors.
 */
export async function newIndexSigningKey(
  releaseKey: MinisignSecretKey,
  now: UnixSeconds,
): Promise<{ secret: string; keyId: Uint8Array }> {
  const key = await generateMinisignKey();
  const secret = {
    secret_key: formatMinisignSecretKey(key),
    delegation: await delegateIndexKey(releaseKey, key, now),
  } satisfies z.input<ReturnType<typeof indexSigningKey>>;
  return { secret: JSON.stringify(secret), keyId: key.keyId };
}
