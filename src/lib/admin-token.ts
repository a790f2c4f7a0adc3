import { encodeBase64Url, sha256 } from "./encoding.ts";

const PREFIX = "rbee_adm_";
const SHAPE = /^rbee_adm_[A-Za-z0-9_-]{43}$/;

/** A new admin token: the prefix by which scanners find leaked ones, then 32 random bytes in base64url. */
export const newAdminToken = (): string => PREFIX + encodeBase64Url(crypto.getRandomValues(new Uint8Array(32)));

/** Whether a text could be an admin token at all: any other is refused with no storage read. */
export const isAdminToken = (text: string): boolean => SHAPE.test(text);

/**
 * What is stored of a token: its SHA-256 in base64url. A slow hash would add nothing, since 256 random bits cannot be
 * guessed from their digest.
 */
export const hashAdminToken = async (token: string): Promise<string> => encodeBase64Url(await sha256(token));
