import type { HeaderEntry } from "../../../../src/formats/rpm/package/header.ts";

/** A header as a reader of the format sees it, written from rpm's manual, "format_header". */
export type DecodedHeader = {
  region: number;
  /** All entries but the region's. */
  entries: HeaderEntry[];
  /** The number of bytes. */
  length: number;
};

/** Size of a type's item in bytes; the other types are texts that end with NUL. */
const SIZES: Readonly<Record<number, number>> = { 3: 2, 4: 4, 5: 8, 7: 1 };

/** Decodes the header that begins at `start`. Throws where rpm's hdrblobVerifyInfo would refuse it. */
export function decodeHeader(bytes: Uint8Array, start = 0): DecodedHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start);
  if (view.getUint32(0) !== 0x8eade801 || view.getUint32(4) !== 0) throw new Error("no magic");
  const count = view.getUint32(8);
  const dataLength = view.getUint32(12);
  const dataStart = 16 + 16 * count;
  const entryAt = (at: number) => [0, 4, 8, 12].map((offset) => view.getInt32(at + offset));
  const [region = 0, regionType, trailerAt = 0, regionCount] = entryAt(16);
  const trailer = [region, 7, -16 * count, 16];
  if (regionType !== 7 || regionCount !== 16 || `${entryAt(dataStart + trailerAt)}` !== `${trailer}`) {
    throw new Error("no region");
  }
  if (trailerAt !== dataLength - 16) throw new Error("data behind the region");
  let end = 0;
  const entries = Array.from({ length: count - 1 }, (_, index): HeaderEntry => {
    const [tag = 0, type = 0, offset = 0, items = 0] = entryAt(32 + 16 * index);
    const size = SIZES[type];
    if (offset < end || offset % (type === 7 ? 1 : (size ?? 1)) !== 0) throw new Error(`tag ${tag} overlaps`);
    const from = start + dataStart + offset;
    const length = size === undefined ? textLength(bytes, from, items) : size * items;
    end = offset + length;
    if (length <= 0 || end > trailerAt) throw new Error(`tag ${tag} has no data`);
    return [tag, { type, count: items, bytes: bytes.slice(from, from + length) }];
  });
  return { region, entries, length: dataStart + dataLength };
}

function textLength(bytes: Uint8Array, from: number, count: number): number {
  let at = from;
  for (let text = 0; text < count; text++) at = bytes.indexOf(0, at) + 1;
  return at - from;
}

/** The value of a tag as text: texts, numbers, or bytes in hexadecimal. Undefined if there is none. */
export function tagOf(header: DecodedHeader, tag: number): string[] | undefined {
  const value = header.entries.find(([one]) => one === tag)?.[1];
  if (!value) return undefined;
  const view = new DataView(value.bytes.buffer, value.bytes.byteOffset);
  const each = (read: (index: number) => unknown) => Array.from({ length: value.count }, (_, at) => String(read(at)));
  if (value.type === 3) return each((at) => view.getUint16(2 * at));
  if (value.type === 4) return each((at) => view.getUint32(4 * at));
  if (value.type === 5) return each((at) => view.getBigUint64(8 * at));
  if (value.type === 7) return [Buffer.from(value.bytes).toString("hex")];
  return new TextDecoder().decode(value.bytes).split("\0").slice(0, -1);
}
