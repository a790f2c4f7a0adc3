import { cleanSecret, looksLikeLicenseKey } from "./credential.ts";

/** The fewest letters and digits of a key of another shop. A shorter one could be guessed. */
export const FEWEST_FOREIGN_SIGNS = 16;

/** The longest key of another shop, in characters. Keys that carry their own signature are long. */
const LONGEST = 2_048;

/** The characters that a bearer credential may have (RFC 6750), with padding at any place, as signed keys have it. */
const SENDABLE = /^[\w.~+/=-]+$/;

/**
 * The one form of a license key of another shop, or null if a text cannot be one: it has the prefix of our own
 * credentials, looks like a JWT, is too short or too long, or has characters that no credential has. A key in capitals
 * or small letters alone counts in any case, and with or without hyphens, because people type it. Any other is taken
 * exactly.
 */
export function foreignKeyForm(text: string): string | null {
  const bare = cleanSecret(text);
  if (looksLikeLicenseKey(bare) || bare.startsWith("rbee_") || bare.startsWith("eyJ")) return null;
  if (bare.length > LONGEST || !SENDABLE.test(bare)) return null;
  if (bare.replaceAll(/[^A-Za-z0-9]/g, "").length < FEWEST_FOREIGN_SIGNS) return null;
  return /^(?:[A-Z0-9-]+|[a-z0-9-]+)$/.test(bare) ? bare.replaceAll("-", "").toUpperCase() : bare;
}
