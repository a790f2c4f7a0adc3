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

/** Whether a text claims to be a license key, in any case. It may still be forged or mistyped. */
export const looksLikeLicenseKey = (text: string): boolean => text.toLowerCase().startsWith(LICENSE_KEY_PREFIX);

/** Whether a text claims to be a license token (a JWT) or a part of one. */
export const looksLikeSignedToken = (text: string): boolean => text.includes(".") || text.startsWith("eyJ");

const KEY_OR_ADMIN_TOKEN = /rbee_(lic|adm)_/i;

/** The first part of a JWT. It matches from the start of a word only, so the search takes linear time on any text. */
const TOKEN_START = /(?<![\w-])(?=[\w-]*eyJ)[\w-]+\./;

/**
 * Whether a text contains a license key, an admin token or a JWT. Search terms and return paths appear in URLs, browser
 * histories and logs, where no credential may appear.
 */
export const holdsCredential = (text: string): boolean => KEY_OR_ADMIN_TOKEN.test(text) || TOKEN_START.test(text);

/** Each pattern that a log must not contain, with its replacement. */
const MASKS: readonly [RegExp, string][] = [
  [new RegExp(`${KEY_OR_ADMIN_TOKEN.source}[0-9a-z_-]+`, "gi"), "rbee_$1_(masked)"],
  [new RegExp(`${TOKEN_START.source}[\\w-]+\\.[\\w-]*`, "g"), "(masked token)"],
  [/\b(sk|rk|whsec)_\w+/g, "$1_(masked)"],
  [/\b(Basic|Bearer) +[\w.~+/=-]+/gi, "$1 (masked)"],
  [/\/(dl|recover)\/[\w~.-]+/g, "/$1/(masked)"],
  [/(?<![^\s@<>"\\])[^\s@<>"\\]+@[^\s@<>"\\/]*\.\p{L}{2,}/gu, "(mail address)"],
];

/** The text with its credentials, signed links and mail addresses masked. An error's message may quote any of them. */
export const masked = (text: string): string =>
  MASKS.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text);
