import { CatalogError } from "./error.ts";

/** A credential as it is sent. */
export type Credential = { kind: "key" | "token"; text: string };

/**
 * The characters that a copy gains without anybody seeing it, and that no credential has: blanks, control characters,
 * characters that Unicode draws as nothing, quotes, and the replacement for a byte that is no UTF-8.
 */
const GAINED = /[\s\p{Cc}\p{DI}\p{Pi}\p{Pf}\u201A\u201E"'`\uFFFD]/gv;
/** The dashes that people and mail programs put into a license key. Those of a token are part of it. */
const DASHES = /[\p{Pd}\u2043\u2212]/gv;
const KEY_PREFIX = /^rbee_lic_/i;
/** 34 bytes in Crockford base32, whose I and L mean 1 and O means 0. The last symbol has three spare bits. */
const KEY_FORM = /^rbee_lic_[0-9A-TV-Z]{54}[08GRO]$/i;

/** The characters of a JWT. Every other one would also break the header that carries it. */
const TOKEN_FORM = /^[\w.-]+$/;

/** A license key or token as a person, an editor or an environment file hands it over, without what it has gained. */
export function cleanCredential(text: string): string {
  const bare = text.replaceAll(GAINED, "");
  const joined = bare.replaceAll(DASHES, "");
  return KEY_PREFIX.test(joined) ? joined : bare.replace(/^\p{Pd}+/v, "");
}

/** Whether a clean text claims to be a license key, a license token, or neither. */
export function kindOf(clean: string): "key" | "token" | "other" {
  if (KEY_PREFIX.test(clean)) return "key";
  return clean.includes(".") || clean.startsWith("eyJ") ? "token" : "other";
}

/**
 * The license key or token in a text. Throws `CatalogError` (KEY_INVALID, TOKEN_INVALID) for a text that is neither,
 * without a request. The error does not quote it. A key that passes may still be mistyped: the catalog decides.
 */
export function readCredential(text: string): Credential {
  const clean = cleanCredential(text);
  const kind = kindOf(clean);
  if (kind === "token" && TOKEN_FORM.test(clean)) return { kind, text: clean };
  if (kind === "token") {
    throw new CatalogError("TOKEN_INVALID", "This is not a license token. Check that you copied all of it.");
  }
  if (kind === "key" && KEY_FORM.test(clean)) return { kind, text: clean };
  throw new CatalogError(
    "KEY_INVALID",
    kind === "key"
      ? "This is not a whole license key. Check that you copied all of it."
      : "This is neither a license key (rbee_lic_...) nor a license token.",
  );
}
