import { encodeBase64Url, sha256 } from "./encoding.ts";

/** The start of every license key, by which scanners find leaked ones. */
export const LICENSE_KEY_PREFIX = "rbee_lic_";

/** The start of every admin token, by which scanners find leaked ones. */
const ADMIN_TOKEN_PREFIX = "rbee_adm_";

const SECRET = /^[A-Za-z0-9_-]{43}$/;

/** A new secret: 32 random bytes in base64url. */
export const newSecret = (): string => encodeBase64Url(crypto.getRandomValues(new Uint8Array(32)));

/** Whether a text has the form of a secret. Callers refuse any other text without a storage read. */
export const looksLikeSecret = (text: string): boolean => SECRET.test(text);

/** A new admin token: its prefix, then a secret. */
export const newAdminToken = (): string => ADMIN_TOKEN_PREFIX + newSecret();

/** Whether a text has the form of an admin token. Callers refuse any other text without a storage read. */
export const isAdminToken = (text: string): boolean =>
  text.startsWith(ADMIN_TOKEN_PREFIX) && looksLikeSecret(text.slice(ADMIN_TOKEN_PREFIX.length));

/**
 * The form in which D1 stores an admin token: its SHA-256 in base64url. A slow hash would add nothing, because nobody
 * can guess 256 random bits from their digest.
 */
export const hashAdminToken = async (token: string): Promise<string> => encodeBase64Url(await sha256(token));

/**
 * The characters that a copy of a secret may gain without anybody seeing it: blanks, line breaks, zero-width
 * characters, soft hyphens, byte order marks, quotes, and the replacement for a byte that is no UTF-8. No secret has
 * any of them. Unicode does not class the low quotes, which open a quotation in German and other languages, as quotes.
 */
const GAINED = /[\s\p{Cc}\p{DI}\p{Pi}\p{Pf}\u201A\u201E"'`\uFFFD]/gv;

/** The hyphens and dashes that people and mail programs put into a license key. */
const HYPHENS = /[\p{Pd}\u2212\u2043]/gv;

/**
 * A secret as a person, an editor or an environment file hands it over, without the characters that it has gained. A
 * license key also loses its hyphens, because Crockford base32 ignores them. Those of a token are part of it, but for
 * hyphens in front. The result proves nothing: its signature or hash still decides.
 */
export function cleanSecret(text: string): string {
  const bare = text.replaceAll(GAINED, "");
  const joined = bare.replaceAll(HYPHENS, "");
  return looksLikeLicenseKey(joined) ? joined : bare.replace(/^\p{Pd}+/v, "");
}

/** Whether a text claims to be a license key, in any case. It may still be forged or mistyped. */
export const looksLikeLicenseKey = (text: string): boolean => text.toLowerCase().startsWith(LICENSE_KEY_PREFIX);

/** Whether a text claims to be a license token (a JWT) or a part of one. */
export const looksLikeSignedToken = (text: string): boolean => text.includes(".") || text.startsWith("eyJ");

/** The prefix of a license key or an admin token. */
export const KEY_OR_ADMIN_TOKEN = /rbee_(lic|adm)_/i;

/** The first part of a JWT. It matches from the start of a word only, so the search takes linear time on any text. */
export const TOKEN_START = /(?<![\w-])(?=[\w-]*eyJ)[\w-]+\./;
