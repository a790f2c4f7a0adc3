import { type ByteRange, parseByteRange } from "./byte-range.ts";

/** How a file is to be answered. */
export type FileAnswer = { status: 200 | 304 | 416 } | { status: 206; offset: number; length: number };

/** Whether an `If-None-Match` list names the entity tag; weak comparison (RFC 9110, section 13.1.2). */
export function matchesEtag(header: string, etag: string): boolean {
  if (header.trim() === "*") return true;
  return header.split(",").some((candidate) => candidate.trim().replace(/^W\//, "") === etag);
}

/**
 * The answer to a conditional or partial GET or HEAD for a file with a strong `etag`, last modified at `lastModified` (an
 * HTTP date) (RFC 9110, section 13.2.2). If-Range with anything but exactly this version asks for the whole file, so that
 * a resumed download never joins two versions.
 */
export function answerConditions(
  headers: Headers,
  { etag, lastModified, size }: { etag: string; lastModified: string; size: number },
): FileAnswer {
  const noneMatch = headers.get("If-None-Match");
  const modifiedSince = headers.get("If-Modified-Since");
  if (noneMatch !== null) {
    if (matchesEtag(noneMatch, etag)) return { status: 304 };
  } else if (modifiedSince !== null && Date.parse(modifiedSince) >= Date.parse(lastModified)) {
    return { status: 304 };
  }
  const ifRange = headers.get("If-Range");
  const range: ByteRange =
    ifRange === null || ifRange === etag || ifRange === lastModified
      ? parseByteRange(headers.get("Range"), size)
      : "whole";
  if (range === "whole") return { status: 200 };
  return range === "unsatisfiable" ? { status: 416 } : { status: 206, ...range };
}
