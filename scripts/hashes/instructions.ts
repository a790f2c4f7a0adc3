/** Instructions of WebAssembly's text format, as folded expressions. */

/** Reads a local variable. */
export const get = (local: string): string => `(local.get $${local})`;

/** Writes a local variable. */
export const set = (local: string, value: string): string => `(local.set $${local} ${value})`;

/** Applies a binary operator from left to right: `chain("i64.add", a, b, c)` is `(a + b) + c`. */
export const chain = (operator: string, ...values: string[]): string =>
  values.reduce((left, right) => `(${operator} ${left} ${right})`);

/** Declares local variables of one type. */
export const locals = (type: "i32" | "i64", names: readonly string[]): string =>
  names.map((name) => `(local $${name} ${type})`).join(" ");

/** `prefix0`, `prefix1`, ... */
export const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => prefix + index);

/** A hexadecimal constant from its digits. */
export const hex = (type: "i32" | "i64", digits: string): string => `(${type}.const 0x${digits})`;

/** The bytes of little-endian words of `size` bytes, as the content of a data segment. */
export const littleEndian = (words: readonly bigint[], size: number): string =>
  words
    .flatMap((word) => Array.from({ length: size }, (_, index) => (word >> BigInt(8 * index)) & 0xffn))
    .map((byte) => `\\${byte.toString(16).padStart(2, "0")}`)
    .join("");
