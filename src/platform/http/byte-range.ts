/** The bytes to send: `offset` and `length`, both in bytes; `unsatisfiable` if the file has none of the range. */
export type ByteRange = { offset: number; length: number } | "whole" | "unsatisfiable";

/**
 * Parses a `Range` header for a file of `size` bytes (RFC 9110, section 14). A missing, malformed, non-byte or multiple
 * range means the whole file, which the RFC allows: our clients request one range at a time.
 */
export function parseByteRange(header: string | null, size: number): ByteRange {
  const match = header === null ? null : /^bytes=(\d*)-(\d*)$/i.exec(header.trim());
  if (!match) return "whole";
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return "whole";
  if (first === "") {
    const suffix = Math.min(Number(last), size);
    return suffix === 0 ? "unsatisfiable" : { offset: size - suffix, length: suffix };
  }
  const offset = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== "" && Number(last) < offset) return "whole";
  return offset >= size ? "unsatisfiable" : { offset, length: end - offset + 1 };
}
