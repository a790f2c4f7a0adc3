import { concat } from "../../../lib/encoding.ts";
import { paddingTo } from "./header.ts";

/** An entry of a payload. */
export type CpioEntry = {
  /** With the leading `/`. */
  path: string;
  mode: number;
  size: number;
  /** In Unix seconds. */
  mtime: number;
};

/**
 * From this size on, in bytes, cpio cannot say a file's size, and all entries of the payload get rpm's own short
 * heads (rpm 4.18, lib/cpio.c, CPIO_FILESIZE_MAX).
 */
export const LARGE_FILE = 0xffff_ffff;

const hex = (value: number): string => value.toString(16).padStart(8, "0");

/**
 * The head of the entry that stands at `index` of the header's files: "new ASCII format" of cpio(5), or, with
 * `isStripped`, the index alone (rpm's manual, "format_v4", "Payload"). The length is a multiple of 4.
 */
export function cpioHead(entry: CpioEntry, index: number, isStripped: boolean): Uint8Array<ArrayBuffer> {
  if (isStripped) return padded(`07070X${hex(index)}`);
  const path = `.${entry.path}`;
  const fields = [index + 1, entry.mode, 0, 0, 1, entry.mtime, entry.size, 0, 0, 0, 0, path.length + 1, 0];
  return padded(`070701${fields.map(hex).join("")}${path}\0`);
}

/** The end of a payload. */
export const cpioTrailer = (): Uint8Array<ArrayBuffer> => {
  const name = "TRAILER!!!";
  const fields = [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, name.length + 1, 0];
  return padded(`070701${fields.map(hex).join("")}${name}\0`);
};

/** The zeros after a body of `size` bytes. */
export const cpioPadding = (size: number): Uint8Array<ArrayBuffer> => new Uint8Array(paddingTo(4, size));

function padded(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(text);
  return concat(bytes, cpioPadding(bytes.length));
}
