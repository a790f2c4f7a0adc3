import type { UnixSeconds } from "./time.ts";

/** The size of a tar's blocks, in bytes. Headers and contents begin at a multiple of it. */
const BLOCK = 512;

/** The largest size that 11 octal digits can state. */
const OCTAL_LIMIT = 8 ** 11;

/** A file of `size` bytes, or a folder, as root owns it in an archive. */
export type TarMember = { name: string; mode: number; mtime: UnixSeconds } & (
  | { kind: "file"; size: number }
  | { kind: "folder" }
);

/**
 * The header of a member (POSIX ustar; pax(1), "ustar Interchange Format"). A file of 8 GiB or more has its size in
 * base 256, as GNU tar and Go write it. Equal members have equal headers. Throws a RangeError if the name has over 100
 * bytes.
 */
export function tarHeader(member: TarMember): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(BLOCK);
  const name = new TextEncoder().encode(member.kind === "folder" ? `${member.name}/` : member.name);
  if (name.length > 100) throw new RangeError(`the name ${member.name} is too long for a tar header`);
  header.set(name);
  const size = member.kind === "folder" ? 0 : member.size;
  writeText(header, 100, octal(member.mode, 7));
  writeText(header, 108, octal(0, 7));
  writeText(header, 116, octal(0, 7));
  if (size < OCTAL_LIMIT) writeText(header, 124, octal(size, 11));
  else writeBase256(header, 124, size);
  writeText(header, 136, octal(member.mtime, 11));
  // The sum counts its own field as blanks.
  header.fill(0x20, 148, 156);
  header[156] = member.kind === "folder" ? 0x35 : 0x30;
  writeText(header, 257, "ustar\0");
  writeText(header, 263, "00");
  writeText(header, 265, "root");
  writeText(header, 297, "root");
  const sum = header.reduce((total, byte) => total + byte, 0);
  writeText(header, 148, `${octal(sum, 6)}\0 `);
  return header;
}

/** The zeros between the contents of a member, `size` bytes, and the next header. */
export const tarPadding = (size: number): Uint8Array<ArrayBuffer> => new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);

/** The end of an archive: two blocks of zeros. */
export const tarEnd = (): Uint8Array<ArrayBuffer> => new Uint8Array(2 * BLOCK);

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, "0");

const writeText = (header: Uint8Array, at: number, text: string): void =>
  header.set(new TextEncoder().encode(text), at);

/** Writes a number into the 12 bytes of the field at `at`, big-endian. The highest bit marks the encoding. */
function writeBase256(header: Uint8Array, at: number, value: number): void {
  const view = new DataView(header.buffer);
  view.setUint8(at, 0x80);
  view.setBigUint64(at + 4, BigInt(value));
}
