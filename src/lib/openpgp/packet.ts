import { concat } from "../encoding.ts";
import { err, ok, type Result } from "../result.ts";

/** The packets that this library writes (RFC 4880, section 4.3). */
export const TAG = { signature: 2, publicKey: 6, userId: 13 } as const;

/** A packet: its tag and its body. */
export type Packet = { tag: number; body: Uint8Array<ArrayBuffer> };

/** A 16-bit number, high byte first. */
export const twoBytes = (value: number): Uint8Array<ArrayBuffer> => Uint8Array.of(value >>> 8, value);

/** A 32-bit number, high byte first. */
export const fourBytes = (value: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);

/**
 * A packet with a header of the old format (RFC 4880, section 4.2.1), as gpg writes it: apt's check of a keyring knows
 * the first byte of an old header in all versions, and that of a new one only since 2023.
 */
export function packet(tag: number, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const { length } = body;
  const head = 0x80 | (tag << 2);
  if (length < 0x100) return concat(Uint8Array.of(head, length), body);
  if (length < 0x10000) return concat(Uint8Array.of(head | 1), twoBytes(length), body);
  return concat(Uint8Array.of(head | 2), fourBytes(length), body);
}

/** The packets in `bytes`, which have headers of the form that `packet` writes. The error is a sentence. */
export function parsePackets(bytes: Uint8Array): Result<Packet[], string> {
  const packets: Packet[] = [];
  for (let at = 0; at < bytes.length; ) {
    const head = bytes[at] ?? 0;
    const lengthOfLength = [1, 2, 4][head & 3];
    if ((head & 0xc0) !== 0x80 || lengthOfLength === undefined) {
      return err("An OpenPGP packet has a header of an unknown form.");
    }
    const start = at + 1 + lengthOfLength;
    const length = bytes.subarray(at + 1, start).reduce((sum, byte) => sum * 0x100 + byte, 0);
    if (start + length > bytes.length) return err("An OpenPGP packet is cut off.");
    packets.push({ tag: (head >>> 2) & 15, body: bytes.slice(start, start + length) });
    at = start + length;
  }
  return ok(packets);
}

/** A multiprecision integer (RFC 4880, section 3.2): its length in bits, and its bytes without leading zeros. */
export function mpi(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const first = bytes.findIndex((byte) => byte !== 0);
  if (first < 0) return twoBytes(0);
  const number = bytes.subarray(first);
  return concat(twoBytes(number.length * 8 - (Math.clz32(number[0] ?? 0) - 24)), number);
}
