import { blake2b } from "@noble/hashes/blake2.js";
import { err, type Result } from "../result.ts";
import {
  formatMinisignSignature,
  type MinisignPublicKey,
  type MinisignSignature,
  parseMinisignSignature,
  verifyMinisign,
} from "./minisign.ts";
import { type MinisignSecretKey, signMinisign } from "./secret-key.ts";

/** BLAKE2b-512 of a text's UTF-8 bytes: what minisign signs. For texts that are held whole; files are hashed as they stream. */
const digestOf = (text: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(blake2b(new TextEncoder().encode(text), { dkLen: 64 }));

/** The `.minisig` of a text. Throws what WebCrypto throws. */
export const signText = async (key: MinisignSecretKey, text: string, trustedComment: string): Promise<string> =>
  formatMinisignSignature(await signMinisign(key, digestOf(text), trustedComment));

/**
 * Verifies a `.minisig` over a text and returns it with the key that signed. The error is a sentence for a person.
 */
export async function verifyText(
  keys: MinisignPublicKey[],
  text: string,
  minisig: string,
): Promise<Result<{ signer: MinisignPublicKey; signature: MinisignSignature }, string>> {
  const signature = parseMinisignSignature(minisig);
  if (!signature.ok) return err(signature.error);
  const signer = await verifyMinisign(keys, signature.value, digestOf(text));
  return signer.ok ? { ok: true, value: { signer: signer.value, signature: signature.value } } : signer;
}
