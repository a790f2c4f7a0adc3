import { encodeBase64Url, encodeHex, sha256 } from "../../../lib/encoding.ts";

/** What D1 knows a session by: the SHA-256 of its secret, in hexadecimal. */
export const sessionIdOf = async (secret: string): Promise<string> => encodeHex(await sha256(secret));

/**
 * The token that every form of a session carries (OWASP, "CSRF Prevention": bound to the session). Made of the cookie's
 * secret, so that nothing stores it, no other session has it, and neither the database nor a page gives the cookie away.
 */
export const csrfTokenOf = async (secret: string): Promise<string> =>
  encodeBase64Url(await sha256(`rbee form of session ${secret}`));
