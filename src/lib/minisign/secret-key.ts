import { generateEd25519 } from "../ed25519.ts";
import { concat, encodeBase64, encodeBase64Url } from "../encoding.ts";
import { err, ok, type Result } from "../result.ts";
import {
  algorithmOf,
  decodeExactly,
  globallySigned,
  type MinisignPublicKey,
  type MinisignSignature,
  UNTRUSTED,
} from "./minisign.ts";

/** A minisign secret key: its public half and the 32 bytes of the Ed25519 seed. */
export type MinisignSecretKey = MinisignPublicKey & { seed: Uint8Array<ArrayBuffer> };

/** 54 bytes of algorithms and key derivation, then key id, seed, public key and checksum. */
const LENGTH = 158;
const KEY_ID = 54;
const SEED = KEY_ID + 8;
const PUBLIC = SEED + 32;
const CHECKSUM = PUBLIC + 32;

/** A new key with a random id. Throws WebCrypto's errors. */
export const generateMinisignKey = async (): Promise<MinisignSecretKey> => ({
  keyId: crypto.getRandomValues(new Uint8Array(8)),
  ...(await generateEd25519()),
});

/** Reads a key file as `minisign -G -W` writes it. The error is a sentence, with nothing of the key in it. */
export function parseMinisignSecretKey(text: string): Result<MinisignSecretKey, string> {
  const [comment = "", encoded = "", ...rest] = text.replaceAll("\r\n", "\n").trimEnd().split("\n");
  const bytes = rest.length === 0 && comment.startsWith(UNTRUSTED) ? decodeExactly(encoded, LENGTH) : null;
  if (bytes === null || algorithmOf(bytes) !== "Ed") return err("This is not a minisign secret key file.");
  if (algorithmOf(bytes.subarray(2)) !== "\0\0") {
    return err("This minisign secret key has a password. Make one without: minisign -G -W.");
  }
  return ok({
    keyId: bytes.slice(KEY_ID, SEED),
    seed: bytes.slice(SEED, PUBLIC),
    key: bytes.slice(PUBLIC, CHECKSUM),
  });
}

/** A secret key as the text of a key file without a password. */
export function formatMinisignSecretKey({ keyId, seed, key }: MinisignSecretKey): string {
  const bytes = new Uint8Array(LENGTH);
  bytes.set(new TextEncoder().encode("Ed\0\0B2"));
  bytes.set(concat(keyId, seed, key), KEY_ID);
  // "encrypted" is minisign's own wording for this form too.
  return `${UNTRUSTED}minisign encrypted secret key\n${encodeBase64(bytes)}\n`;
}

/** Signs a file's BLAKE2b-512 digest (64 bytes) and the trusted comment. Throws WebCrypto's errors. */
export async function signMinisign(
  secretKey: MinisignSecretKey,
  digest: Uint8Array<ArrayBuffer>,
  trustedComment: string,
): Promise<MinisignSignature> {
  const jwk = { kty: "OKP", crv: "Ed25519", x: encodeBase64Url(secretKey.key), d: encodeBase64Url(secretKey.seed) };
  const key = await crypto.subtle.importKey("jwk", jwk, "Ed25519", false, ["sign"]);
  const sign = async (message: Uint8Array<ArrayBuffer>) =>
    new Uint8Array(await crypto.subtle.sign("Ed25519", key, message));
  const signature = await sign(digest);
  return {
    untrustedComment: "signature from rbee-catalog",
    keyId: secretKey.keyId,
    signature,
    trustedComment,
    globalSignature: await sign(globallySigned(signature, trustedComment)),
  };
}
