import { decodeBase64 } from "../../../lib/encoding.ts";

/** The most that pacman reads of a signature, in bytes (libalpm, signing.c). */
export const MAX_PGP_SIGNATURE = 16_384;

/**
 * Whether a text is the base64 of a binary detached OpenPGP signature, by its first packet's tag (RFC 9580, section 4.2: tag 2,
 * in the old or the new form). An armored one is none: pacman does not read it. Whose it is and of what is for pacman to say.
 */
export function isPgpSignature(base64: string): boolean {
  if (!/^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(base64)) return false;
  const bytes = decodeBase64(base64);
  const tag = bytes[0] ?? 0;
  return bytes.length <= MAX_PGP_SIGNATURE && (tag === 0xc2 || (tag >= 0x88 && tag <= 0x8b));
}
