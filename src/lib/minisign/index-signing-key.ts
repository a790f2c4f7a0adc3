import * as z from "zod";
import type { UnixSeconds } from "../time.ts";
import { delegateIndexKey } from "./index-delegation.ts";
import { parseMinisignSignature } from "./minisign.ts";
import {
  formatMinisignSecretKey,
  generateMinisignKey,
  type MinisignSecretKey,
  parseMinisignSecretKey,
} from "./secret-key.ts";

/**
 * The secret INDEX_SIGNING_KEY as JSON: the key and the release key's delegation to it. They are one value so that they change
 * in one step, and can never be of two rotations.
 */
export const IndexSigningKey = z.object({
  /** The text of a minisign secret key file without a password. */
  secret_key: z.string().transform((text, context) => {
    const key = parseMinisignSecretKey(text);
    if (key.ok) return key.value;
    context.addIssue({ code: "custom", message: "must be made by `rbee-catalog keys new --index`" });
    return z.NEVER;
  }),
  /** The text of the `.minisig` over the key's public half. */
  delegation: z.string().refine((text) => parseMinisignSignature(text).ok, "is not a minisign signature"),
});

export type IndexSigningKey = z.output<typeof IndexSigningKey>;

/**
 * Makes a key that signs indexes, vouched for by `releaseKey`. `secret` is the value of INDEX_SIGNING_KEY, `keyId` names its public
 * half. Throws what WebCrypto throws.
 */
export async function newIndexSigningKey(
  releaseKey: MinisignSecretKey,
  now: UnixSeconds,
): Promise<{ secret: string; keyId: Uint8Array }> {
  const key = await generateMinisignKey();
  const secret = {
    secret_key: formatMinisignSecretKey(key),
    delegation: await delegateIndexKey(releaseKey, key, now),
  } satisfies z.input<typeof IndexSigningKey>;
  return { secret: JSON.stringify(secret), keyId: key.keyId };
}
