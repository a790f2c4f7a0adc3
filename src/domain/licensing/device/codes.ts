import { encodeHex } from "../../../lib/encoding.ts";

/** The letters of a user code: no vowels, so that no word appears, and none that looks like another (RFC 8628, 6.1). */
const LETTERS = "BCDFGHJKLMNPQRSTVWXZ";
const LENGTH = 8;

/** The largest multiple of the number of letters that a byte can have: other bytes would favor the first letters. */
const EVEN = 256 - (256 % LETTERS.length);

/** A new user code: eight random letters, of which there are 2.5 * 10^10 combinations. */
export function newUserCode(): string {
  let code = "";
  while (code.length < LENGTH) {
    const [byte = EVEN] = crypto.getRandomValues(new Uint8Array(1));
    if (byte < EVEN) code += LETTERS[byte % LETTERS.length];
  }
  return code;
}

/** A user code as people read it: `WDJB-MJHT`. */
export const formatUserCode = (code: string): string => `${code.slice(0, 4)}-${code.slice(4)}`;

/** The user code that a person typed, in any case and with any blanks or hyphens; null if it can be none. */
export function parseUserCode(text: string): string | null {
  const code = text.toUpperCase().replaceAll(/[\s\p{Pd}._]/gu, "");
  return code.length === LENGTH && [...code].every((letter) => LETTERS.includes(letter)) ? code : null;
}

/**
 * The form in which D1 stores a code: its HMAC-SHA-256 under LICENSE_KEY_SECRET in hexadecimal. Keyed, because a reader
 * of the database could try all user codes. `kind` keeps this use of the secret apart from all others.
 */
export async function hashOfCode(kind: "device" | "user", code: string, secret: CryptoKey): Promise<string> {
  const message = new TextEncoder().encode(`rbee ${kind} code: ${code}`);
  return encodeHex(new Uint8Array(await crypto.subtle.sign("HMAC", secret, message)));
}
