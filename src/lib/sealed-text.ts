import { decodeBase64Url, encodeBase64Url, equalInConstantTime } from "./encoding.ts";

const MAC_BYTES = 32;

/** The HMAC key that texts are sealed with. */
export const importSealKey = (secret: Uint8Array<ArrayBuffer>): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);

/** The HMAC key for one purpose, derived from a secret. What is sealed for one purpose opens for no other. */
export const deriveSealKey = async (secret: Uint8Array<ArrayBuffer>, purpose: string): Promise<CryptoKey> =>
  importSealKey(await mac(await importSealKey(secret), new Uint8Array(new TextEncoder().encode(purpose))));

const mac = async (key: CryptoKey, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes));

/** The text and its HMAC-SHA-256 in base64url. Everybody can read it, and only a holder of the key can make it. */
export async function sealText(text: string, key: CryptoKey): Promise<string> {
  const payload = new Uint8Array(new TextEncoder().encode(text));
  const sealed = new Uint8Array(payload.length + MAC_BYTES);
  sealed.set(payload);
  sealed.set(await mac(key, payload), payload.length);
  return encodeBase64Url(sealed);
}

/** The text that was sealed with this key; null for anything else, and for a text of over `maxLength` characters. */
export async function openSealed(sealedText: string, key: CryptoKey, maxLength: number): Promise<string | null> {
  const isPossible = sealedText.length <= maxLength && /^[A-Za-z0-9_-]+$/.test(sealedText);
  if (!isPossible || sealedText.length % 4 === 1) return null;
  const sealed = decodeBase64Url(sealedText);
  // Each sealed text has one spelling. Different spare bits at the end make it an altered one.
  if (sealed.length <= MAC_BYTES || encodeBase64Url(sealed) !== sealedText) return null;
  const payload = sealed.slice(0, -MAC_BYTES);
  if (!equalInConstantTime(sealed.subarray(-MAC_BYTES), await mac(key, payload))) return null;
  return new TextDecoder().decode(payload);
}
