import { cleanSecret, KEY_OR_ADMIN_TOKEN, looksLikeLicenseKey } from "../lib/credential.ts";
import { foreignKeyForm } from "../lib/foreign-key.ts";
import { holdsSecret } from "../lib/masking/masked.ts";
import { CliError, EXIT } from "./errors.ts";

/** The environment variables that hold secrets. Any of them may be quoted by an error's message. */
export const SECRET_VARIABLES = [
  "RBEE_ADMIN_TOKEN",
  "RBEE_LICENSE_KEY",
  "RBEE_LICENSE_TOKEN",
  "HOMEBREW_RBEE_LICENSE_KEY",
  "HOMEBREW_RBEE_LICENSE_TOKEN",
  "STRIPE_SECRET_KEY",
  "CLOUDFLARE_API_TOKEN",
  "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
  "GITHUB_TOKEN",
] as const;

/** An environment without secrets, for programs that need none: tools of drivers, and workers. */
export const withoutSecrets = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !SECRET_VARIABLES.some((secret) => secret === name)));

/** The symbols of a license key after its prefix (Crockford base32 of 34 bytes). */
const KEY_SYMBOLS = 55;

const LICENSE_TOKEN = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/;

/** The characters of a bearer credential (RFC 6750), with padding at any place, as signed keys of shops have it. */
const SENDABLE = /^[\w.~+/=-]+$/;

/**
 * A license key or license token as a person, an editor or the environment hands it over, in its one spelling: without
 * blanks, line ends, quotes, hyphens and zero-width characters, and a key in capitals with Crockford's look-alikes
 * resolved. `source` names its place to the person. Throws `CliError` (notAuthorized) for any other text, and never
 * quotes it. The message ends in the code that the catalog would answer.
 */
export function licenseCredential(text: string, source: string): string {
  const clean = cleanSecret(text);
  const refuse = (reason: string): CliError => new CliError(EXIT.notAuthorized, `${source} ${reason} (KEY_INVALID)`);
  if (looksLikeLicenseKey(clean)) {
    const symbols = clean.slice("rbee_lic_".length).toUpperCase().replaceAll("O", "0").replaceAll(/[IL]/g, "1");
    if (/[^0-9A-HJKMNP-TV-Z]/.test(symbols)) {
      throw refuse("is not a license key: it has a character that no key has. Copy it again.");
    }
    if (symbols.length === KEY_SYMBOLS) return `rbee_lic_${symbols}`;
    throw refuse(
      `is not a whole license key: ${symbols.length} of ${KEY_SYMBOLS} characters follow rbee_lic_. Copy it again.`,
    );
  }
  if (LICENSE_TOKEN.test(clean)) return clean;
  if (clean.startsWith("rbee_adm_")) throw refuse("is an admin token. A license key (rbee_lic_...) is needed.");
  throw refuse("is neither a license key (rbee_lic_...) nor a license token.");
}

/** Like `licenseCredential`, for a key only. */
export function licenseKey(text: string, source: string): string {
  const credential = licenseCredential(text, source);
  if (looksLikeLicenseKey(credential)) return credential;
  throw new CliError(
    EXIT.notAuthorized,
    `${source} is a license token. The license key (rbee_lic_...) is needed: a token takes no seat.`,
  );
}

/**
 * A key to activate with: like `licenseKey`, or a key of another shop, which the catalog exchanges. Throws `CliError`
 * (notAuthorized), and never quotes it.
 */
export const activationKey = (text: string, source: string): string =>
  foreignKeyForm(text) === null ? licenseKey(text, source) : cleanSecret(text);

/** An admin token as the environment hands it over. Throws `CliError` (notAuthorized), and never quotes it. */
export function adminToken(text: string, source: string): string {
  const clean = cleanSecret(text);
  if (!looksLikeLicenseKey(clean) && SENDABLE.test(clean)) return clean;
  const reason = looksLikeLicenseKey(clean) ? "is a license key" : "has characters that no admin token has";
  throw new CliError(EXIT.notAuthorized, `${source} ${reason}. An admin token (rbee_adm_...) is needed.`);
}

/** A credential that can be a header. Throws `CliError` (notAuthorized) for any other text, and never quotes it. */
export function sendable(credential: string): string {
  if (SENDABLE.test(credential)) return credential;
  throw new CliError(
    EXIT.notAuthorized,
    "The stored license or token is damaged: it has characters that no credential has. Run `rbee-catalog activate` again.",
  );
}

/**
 * Refuses a command line that holds a secret, because `ps` and the shell's history show it. Throws `CliError` (usage),
 * and never quotes it.
 */
export function refuseSecretArguments(args: readonly string[]): void {
  // A shell splits an unquoted secret at its blanks.
  const isSplit = args.some((arg) => KEY_OR_ADMIN_TOKEN.test(arg)) && holdsSecret(args.join(" "));
  if (!isSplit && !args.some(holdsSecret)) return;
  throw new CliError(
    EXIT.usage,
    "The command line holds a license key or token, which `ps` and the shell's history show to others. Nothing was done. " +
      "Use --key-stdin, RBEE_LICENSE_KEY or RBEE_ADMIN_TOKEN, and an id (lic_..., adm_...) to search. Replace the secret if others use this machine.",
  );
}
