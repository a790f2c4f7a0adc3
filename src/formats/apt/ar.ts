import { encodeUtf8 } from "../../lib/encoding.ts";
import type { UnixSeconds } from "../../lib/time.ts";

/** The beginning of an `ar` archive. */
const MAGIC = "!<arch>\n";

/** A member of an archive before its contents: `size` bytes. */
export type ArMember = { name: string; size: number; mtime: UnixSeconds };

/** The bytes before the first member (deb(5); ar(5)). */
export const arMagic = (): Uint8Array<ArrayBuffer> => encodeUtf8(MAGIC);

/**
 * The header of a member: 60 bytes of ASCII, for a file of root (deb(5), "Format"). The name ends with no slash, as
 * dpkg-deb writes it. Throws a RangeError for a name over 15 bytes and a size over 9 999 999 999.
 */
export function arHeader({ name, size, mtime }: ArMember): Uint8Array<ArrayBuffer> {
  const header = [
    name.padEnd(16),
    String(mtime).padEnd(12),
    "0".padEnd(6),
    "0".padEnd(6),
    "100644".padEnd(8),
    String(size).padEnd(10),
    "`\n",
  ].join("");
  if (name.length > 15 || header.length !== 60) throw new RangeError(`no ar header can hold ${name} of ${size} bytes`);
  return encodeUtf8(header);
}

/** The byte between the contents of a member, `size` bytes, and the next header: members begin at even offsets. */
export const arPadding = (size: number): Uint8Array<ArrayBuffer> => encodeUtf8(size % 2 === 0 ? "" : "\n");
