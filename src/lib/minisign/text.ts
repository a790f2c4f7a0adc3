import { hashOf } from "../hash/stream-hash.ts";
import { err, type Result } from "../result.ts";
import {
  formatMinisignSignature,
  type MinisignPublicKey,
  type MinisignSignature,
  parseMinisignSignature,
  verifyMinisign,
} from "./minisign.ts";
import { type MinisignSecretKey, signMinisign } from "./secret-key.ts";

/** BLAKE2b-512 of a text's UTF-8 bytes: the message that minisign signs. */
const digestOf = (text: string): Uint8Array<ArrayBuffer> => hashOf("blake2b512", new TextEncoder().encode(text));

/** The `.minisig` of a text. Throws WebCrypto's errors. */
export const signText = async (key: MinisignSecretKey, text: string, trustedComment: string): Promise<string> =>
  formatMinisignSignature(await signMinisign(key, digestOf(text), trustedComment));

/** Verifies a `.minisig` over a text. Returns the signature and its key; the error is a sentence for a person. */
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

/** A trusted comment of named fields in minisign's default form: `name:value`, separated by tabs. */
export const formatTrustedComment = (fields: Readonly<Record<string, string | number>>): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}:${value}`)
    .join("\t");

/** The fields of a trusted comment; empty if it has another form. */
export const trustedFields = (comment: string): ReadonlyMap<string, string> =>
  new Map(
    comment.split("\t").flatMap((field) => {
      const colon = field.indexOf(":");
      return colon < 0 ? [] : [[field.slice(0, colon), field.slice(colon + 1)] as const];
    }),
  );
