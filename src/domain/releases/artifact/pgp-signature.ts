import { decodeBase64 } from "../../../lib/encoding.ts";

/** The maximum size of a signature that pacman reads, in bytes (libalpm, signing.c). */
export const MAX_PGP_SIGNATURE = 16_384;

/**
 * Whether a text is the base64 of a binary detached OpenPGP signature, by the tag of its first packet (RFC 9580,
 * section 4.2: tag 2, in the old or the new form). Armored signatures are refused, because pacman does not read them.
 * pacman checks the signer and the content.
 */
export function isPgpSignature(base64: string): boolean {
  if (!/^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(base64)) return false;
  const bytes = decodeBase64(base64);
  const tag = bytes[0] ?? 0;
  return bytes.length <= MAX_PGP_SIGNATURE && (tag === 0xc2 || (tag >= 0x88 && tag <= 0x8b));
}
