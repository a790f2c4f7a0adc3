/** An Ed25519 key pair: the 32 bytes of the public key and of the seed. */
export type Ed25519Pair = { key: Uint8Array<ArrayBuffer>; seed: Uint8Array<ArrayBuffer> };

/** A new key pair. Throws WebCrypto's errors. */
export async function generateEd25519(): Promise<Ed25519Pair> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new TypeError("Ed25519 keys come in pairs");
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", pair.privateKey);
  const raw = await crypto.subtle.exportKey("raw", pair.publicKey);
  if (!(pkcs8 instanceof ArrayBuffer && raw instanceof ArrayBuffer)) throw new TypeError("keys export as bytes");
  // RFC 8410: the seed is the last 32 bytes of an Ed25519 PKCS #8 key.
  return { key: new Uint8Array(raw), seed: new Uint8Array(pkcs8.slice(-32)) };
}
