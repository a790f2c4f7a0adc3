/** The input of the sign-in's one field, read as a key or as an email address. */
export type SignInInput = { kind: "key"; text: string } | { kind: "email"; text: string };

/** Characters that no screen shows and that web mail adds: soft hyphen, zero-width characters, directions, BOM. */
const UNSEEN = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]/gu;

/** An address in angle brackets behind a name, as mail programs copy it: `Ada <ada@example.com>`. */
const NAMED = /<([^<>@\s]+@[^<>\s]+)>/;

/** Marks around an address or key that was copied from a sentence or a file. */
const AROUND = /^[\s"'`<([]+|[\s"'`>)\].,;]+$/g;

/**
 * Reads pasted text. A text with an `@` is an email address; its name, `mailto:` and the marks around it go. Anything
 * else is a license key; words before the key go, such as `RBEE_LICENSE_TOKEN=`. The key itself is not checked.
 */
export function readSignIn(sent: string): SignInInput {
  const seen = sent.replaceAll(UNSEEN, "");
  if (seen.includes("@")) {
    const address = NAMED.exec(seen)?.[1] ?? seen;
    return { kind: "email", text: address.replaceAll(AROUND, "").replace(/^mailto:/i, "") };
  }
  const begin = seen.toLowerCase().indexOf("rbee_lic_");
  return { kind: "key", text: begin === -1 ? seen : seen.slice(begin) };
}
