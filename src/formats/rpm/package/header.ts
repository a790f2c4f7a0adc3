import { concat } from "../../../lib/encoding.ts";

/** A value of a header: its type's number, the number of items and their bytes (rpm's manual, "format_header"). */
export type HeaderValue = { type: number; count: number; bytes: Uint8Array };

/** One tag and its value. */
export type HeaderEntry = readonly [tag: number, value: HeaderValue];

const INT16 = 3;
const INT32 = 4;
const INT64 = 5;
const STRING = 6;
const BIN = 7;
const STRING_ARRAY = 8;
const I18N_STRING = 9;

/** The types whose data begins at a multiple of their size in bytes. */
const ALIGNMENT: Readonly<Record<number, number>> = { [INT16]: 2, [INT32]: 4, [INT64]: 8 };

/** 16-bit numbers. */
export function int16(values: readonly number[]): HeaderValue {
  const view = new DataView(new ArrayBuffer(2 * values.length));
  for (const [at, value] of values.entries()) view.setUint16(2 * at, value);
  return { type: INT16, count: values.length, bytes: new Uint8Array(view.buffer) };
}

/** 32-bit numbers. */
export function int32(values: readonly number[]): HeaderValue {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (const [at, value] of values.entries()) view.setUint32(4 * at, value);
  return { type: INT32, count: values.length, bytes: new Uint8Array(view.buffer) };
}

/** 64-bit numbers. */
export function int64(values: readonly number[]): HeaderValue {
  const view = new DataView(new ArrayBuffer(8 * values.length));
  for (const [at, value] of values.entries()) view.setBigUint64(8 * at, BigInt(value));
  return { type: INT64, count: values.length, bytes: new Uint8Array(view.buffer) };
}

/** A text without NUL. */
export const string = (text: string): HeaderValue => ({ type: STRING, count: 1, bytes: nullTerminated([text]) });

/** Texts without NUL. */
export const strings = (texts: readonly string[]): HeaderValue => ({
  type: STRING_ARRAY,
  count: texts.length,
  bytes: nullTerminated(texts),
});

/** A text in the only language of the header's table of languages. */
export const i18nString = (text: string): HeaderValue => ({
  type: I18N_STRING,
  count: 1,
  bytes: nullTerminated([text]),
});

/** Bytes. */
export const binary = (bytes: Uint8Array): HeaderValue => ({ type: BIN, count: bytes.length, bytes });

const nullTerminated = (texts: readonly string[]): Uint8Array =>
  new TextEncoder().encode(texts.map((text) => `${text}\0`).join(""));

/** The number of bytes from `position` to the next multiple of `unit`. */
export const paddingTo = (unit: number, position: number): number => (unit - (position % unit)) % unit;

const MAGIC = [0x8e, 0xad, 0xe8, 0x01, 0, 0, 0, 0];
/** The bytes of an index entry, and of the trailer of a region. */
const ENTRY = 16;

/**
 * A header whose entries are all in one immutable region, which `region` names (rpm's manual, "format_header"): the
 * magic, the counts, the index sorted by tag, and the data. Each tag at most once, and none without data.
 */
export function encodeHeader(region: number, entries: readonly HeaderEntry[]): Uint8Array<ArrayBuffer> {
  const sorted = entries.toSorted(([a], [b]) => a - b);
  const count = sorted.length + 1;
  const index: number[][] = [];
  const data: Uint8Array[] = [];
  let length = 0;
  for (const [tag, value] of sorted) {
    const padding = paddingTo(ALIGNMENT[value.type] ?? 1, length);
    data.push(new Uint8Array(padding), value.bytes);
    index.push([tag, value.type, length + padding, value.count]);
    length += padding + value.bytes.length;
  }
  const head = words([count, length + ENTRY], [region, BIN, length, ENTRY], ...index);
  return concat(new Uint8Array(MAGIC), head, ...data, words([region, BIN, -count * ENTRY, ENTRY]));
}

function words(...rows: readonly (readonly number[])[]): Uint8Array {
  const flat = rows.flat();
  const view = new DataView(new ArrayBuffer(4 * flat.length));
  for (const [at, value] of flat.entries()) view.setInt32(4 * at, value);
  return new Uint8Array(view.buffer);
}
