import type { UnixSeconds } from "../time.ts";
import { armorSignatures } from "./armor.ts";
import { type OpenPgpSigningKey, SIGNATURE_TYPE, signData } from "./signature.ts";

/**
 * The form of a text that a cleartext signature is over (RFC 4880, sections 5.2.4 and 7.1): lines end with CR LF, have
 * no blanks at their ends, and the last line break is not part of it.
 */
const canonicalText = (lines: readonly string[]): Uint8Array =>
  new TextEncoder().encode(lines.map((line) => line.replace(/[ \t]+$/, "")).join("\r\n"));

/**
 * `text` as a cleartext signed message by each of `keys` (RFC 4880, section 7). A line break at the end of `text` stays
 * the end of its last line. Readers get the text without the blanks at the ends of its lines. Throws WebCrypto's
 * errors.
 */
export async function clearsigned(keys: readonly OpenPgpSigningKey[], text: string, at: UnixSeconds): Promise<string> {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  const data = canonicalText(lines);
  const packets = await Promise.all(keys.map((key) => signData(key, { type: SIGNATURE_TYPE.text, at }, data)));
  // RFC 4880, section 7.1: a dash at the start of a line must be escaped; gpg escapes "From " too, for mail only.
  const escaped = lines.map((line) => (line.startsWith("-") ? `- ${line}` : line));
  return ["-----BEGIN PGP SIGNED MESSAGE-----", "Hash: SHA256", "", ...escaped, armorSignatures(packets)].join("\n");
}
