import { encodeBase64Url } from "../../../lib/encoding.ts";

/** The kinds of marks that a trial leaves, so that nobody has a second one. */
export const MARK_KINDS = ["address", "card", "machine"] as const;
export type MarkKind = (typeof MARK_KINDS)[number];

/** A mark, as stored. It leads to nobody without LICENSE_KEY_SECRET. */
export type TrialMark = { kind: MarkKind; hash: string };

/** The subscription's metadata that names the mark because of which its trial was ended. Stripe keeps the fact. */
export const TRIAL_REFUSED = "rbee_trial_refused";

/** Separates this use of the secret from license keys (HMACs of 18 bytes) and recovery links. */
const PURPOSE = "rbee trial";

/**
 * The mark of an address (as `mailboxOf` writes it), of the fingerprint of a payment method, or of the fingerprint of a
 * machine: HMAC-SHA-256 under LICENSE_KEY_SECRET, in base64url.
 */
export async function trialMark(secret: CryptoKey, kind: MarkKind, text: string): Promise<TrialMark> {
  const mac = await crypto.subtle.sign("HMAC", secret, new TextEncoder().encode(`${PURPOSE} ${kind}: ${text}`));
  return { kind, hash: encodeBase64Url(new Uint8Array(mac)) };
}

/** Domains whose mailboxes are the same with and without dots in their names, each under its main name. */
const DOTLESS: Readonly<Record<string, string>> = { "gmail.com": "gmail.com", "googlemail.com": "gmail.com" };

/**
 * The mailbox behind an address, for finding out whether two addresses lead to one person: in lower case, without a
 * `+tag`, with the domain in its ASCII form (IDNA), and for Gmail without dots. Never send a mail to it.
 */
export function mailboxOf(address: string): string {
  const at = address.lastIndexOf("@");
  const local = address.slice(0, at).normalize("NFKC").toLowerCase();
  const domain = asciiDomain(address.slice(at + 1));
  const [name = ""] = local.split("+");
  // An address that is all tag (`+a@example.com`) has no other name.
  const box = name === "" ? local : name;
  const dotless = DOTLESS[domain];
  return dotless === undefined ? `${box}@${domain}` : `${box.replaceAll(".", "")}@${dotless}`;
}

/** The ASCII form of a domain, which the URL parser knows. A domain that it refuses stays, in lower case. */
function asciiDomain(domain: string): string {
  const plain = domain.trim().replace(/\.$/, "").toLowerCase();
  // Characters that end a host in a URL would let the parser see another domain.
  if (/[/\\?#@:%[\]]/.test(plain) || !URL.canParse(`http://${plain}`)) return plain;
  return new URL(`http://${plain}`).hostname;
}
