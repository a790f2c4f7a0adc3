import { encodeBase64Url, encodeHex, sha256 } from "../../lib/encoding.ts";

/** Keeps this use of the secret apart from license keys, which are made of 18 bytes under it. */
const PURPOSE = "rbee recovery link: ";

/**
 * The secret of a recovery link: 32 bytes, HMAC-SHA-256 of its id (`rec_...`) under LICENSE_KEY_SECRET. Always the same for
 * the same link, so it is made when the mail is sent and nothing stores it: who can read the database can make no link.
 */
export async function recoveryToken(linkId: string, secret: CryptoKey): Promise<string> {
  const mac = await crypto.subtle.sign("HMAC", secret, new TextEncoder().encode(PURPOSE + linkId));
  return encodeBase64Url(new Uint8Array(mac));
}

/** What D1 knows of a token: its SHA-256. */
export const recoveryTokenHash = async (token: string): Promise<string> => encodeHex(await sha256(token));

/** Where a mail leads with a token. */
export const recoveryUrl = (publicUrl: string, token: string): string => `${publicUrl}/recover/${token}`;
