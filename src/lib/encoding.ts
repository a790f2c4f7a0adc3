import { Buffer } from "node:buffer";

/** A view of the same bytes. `Buffer.from(bytes)` would copy them, and each download link is encoded here. */
const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Bytes as base64url without padding (RFC 4648, section 5). */
export const encodeBase64Url = (bytes: Uint8Array): string => bufferOf(bytes).toString("base64url");

/** Bytes as padded base64 (RFC 4648, section 4). */
export const encodeBase64 = (bytes: Uint8Array): string => bufferOf(bytes).toString("base64");

/** Bytes as lower-case hexadecimal. */
export const encodeHex = (bytes: Uint8Array): string => bufferOf(bytes).toString("hex");

/** Bytes of a base64url text, padded or not. Throws on a character outside the alphabet. */
export const decodeBase64Url = (text: string): Uint8Array<ArrayBuffer> =>
  decodeBase64(text.replaceAll("-", "+").replaceAll("_", "/"));

/** Bytes of a base64 text. Throws on a character outside the alphabet, which `Buffer.from` would skip. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** SHA-256 of a text's UTF-8 bytes. */
export async function sha256(text: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

/** Whether two byte strings are equal. The time taken depends only on their lengths. */
export function equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

/** Concatenates byte strings. */
export function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A text as UTF-8, in a buffer of its own. */
export const encodeUtf8 = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(new TextEncoder().encode(text));
