import { encodeBase64Url, encodeHex, sha256 } from "../../../lib/encoding.ts";

/** 32 bytes in base64url. */
const SECRET = /^[A-Za-z0-9_-]{43}$/;

/** The secret of a new session, 32 random bytes in base64url: what the cookie holds and nothing else does. */
export const newSessionSecret = (): string => encodeBase64Url(crypto.getRandomValues(new Uint8Array(32)));

/** Whether a text could be a session's secret: any other cookie is ignored with no storage read. */
export const looksLikeSessionSecret = (text: string): boolean => SECRET.test(text);

/** What D1 knows a session by: the SHA-256 of its secret, in hexadecimal. */
export const sessionIdOf = async (secret: string): Promise<string> => encodeHex(await sha256(secret));

/**
 * The token that every form of a session carries (OWASP, "CSRF Prevention": bound to the session). Made of the cookie's
 * secret, so that nothing stores it, no other session has it, and neither the database nor a page gives the cookie away.
 */
export const csrfTokenOf = async (secret: string): Promise<string> =>
  encodeBase64Url(await sha256(`rbee form of session ${secret}`));
