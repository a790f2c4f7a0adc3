import { concat, decodeBase64, encodeBase64 } from "../encoding.ts";
import { err, ok, type Result } from "../result.ts";

/** The kinds of armored data that this library writes (RFC 4880, section 6.2). */
export type ArmorKind = "PUBLIC KEY BLOCK" | "SIGNATURE";

/** The characters of base64 on one line, as gpg writes them. */
const LINE = 64;

/** Bytes in ASCII armor, with the CRC-24 that older readers require. It ends with a line break. */
export function armor(kind: ArmorKind, bytes: Uint8Array): string {
  const lines = encodeBase64(bytes).match(new RegExp(`.{1,${LINE}}`, "g")) ?? [];
  return [
    `-----BEGIN PGP ${kind}-----`,
    "",
    ...lines,
    `=${encodeBase64(crc24(bytes))}`,
    `-----END PGP ${kind}-----`,
    "",
  ].join("\n");
}

/** The bytes of one armored text of `kind` in exactly the form that `armor` writes. The error is a sentence. */
export function dearmor(kind: ArmorKind, text: string): Result<Uint8Array<ArrayBuffer>, string> {
  const refused = err(`This is not an armored OpenPGP ${kind.toLowerCase()}.`);
  const encoded = text.split("\n").slice(2, -3).join("");
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(encoded)) return refused;
  const bytes = decodeBase64(encoded);
  return armor(kind, bytes) === text ? ok(bytes) : refused;
}

/** The CRC-24 of bytes (RFC 4880, section 6.1), high byte first. */
function crc24(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  let crc = 0xb704ce;
  for (const byte of bytes) {
    crc ^= byte << 16;
    for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc & 0x800000 ? 0x1864cfb : 0);
  }
  return Uint8Array.of(crc >>> 16, crc >>> 8, crc);
}

/** The armored signature after a signed text, or a `.asc` file, as one block of all `packets`. */
export const armorSignatures = (packets: readonly Uint8Array[]): string => armor("SIGNATURE", concat(...packets));
