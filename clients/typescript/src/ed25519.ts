import { CatalogError } from "./error.ts";

/**
 * Whether an Ed25519 signature is by this key over this message. Throws `CatalogError` (UNSUPPORTED_RUNTIME) if the
 * runtime's WebCrypto has no Ed25519. Node 20, workerd, Chrome 137, Firefox 129 and Safari 17 have it.
 */
export async function verifyEd25519(
  key: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  return crypto.subtle.verify("Ed25519", await importKey(key), signature, message);
}

async function importKey(key: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
  } catch (cause) {
    throw new CatalogError("UNSUPPORTED_RUNTIME", "This runtime cannot verify Ed25519 signatures.", { cause });
  }
}
