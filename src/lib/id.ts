import { encodeCrockford } from "./crockford.ts";

/** The kinds of things that have ids. */
export type IdPrefix =
  | "lic"
  | "mach"
  | "rel"
  | "art"
  | "adm"
  | "chg"
  | "dl"
  | "ord"
  | "mail"
  | "rec"
  | "run"
  | "dead"
  | "pub"
  | "whe"
  | "dev";

/** 16 bytes of UUIDv7 (RFC 9562): milliseconds since 1970, then 74 random bits. Later ids sort later. */
export function newIdBytes(nowMs: number = Date.now()): Uint8Array<ArrayBuffer> {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const [high, low] = [Math.floor(nowMs / 2 ** 32), nowMs >>> 0];
  // A byte takes the lowest eight bits of what is assigned to it.
  bytes[0] = high >>> 8;
  bytes[1] = high;
  for (let i = 2; i < 6; i++) bytes[i] = low >>> (8 * (5 - i));
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return bytes;
}

/** An id as clients see it: prefix, underscore, 26 lower-case Crockford symbols. */
export const formatId = (prefix: IdPrefix, bytes: Uint8Array): string =>
  `${prefix}_${encodeCrockford(bytes).toLowerCase()}`;

/** A text that sorts before every id of this kind made at or after the second `at`, and after every earlier id. */
export function earliestId(prefix: IdPrefix, at: number): string {
  const bytes = newIdBytes(at * 1000);
  return formatId(prefix, bytes.fill(0, 6));
}

/** A new id, for example `lic_06b4m2v8w5r7q1t3x9z2k4n6p8`. */
export const newId = (prefix: IdPrefix): string => formatId(prefix, newIdBytes());
