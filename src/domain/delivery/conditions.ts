import { type ByteRange, parseByteRange } from "../../platform/http/byte-range.ts";
import { namesEtag } from "../../platform/http/static-document.ts";

/** How a file is to be answered. */
export type FileAnswer = { status: 200 | 304 | 416 } | { status: 206; offset: number; length: number };

/**
 * The answer to a conditional or partial GET or HEAD for a file with a strong `etag`, last modified at `lastModified` (an
 * HTTP date) (RFC 9110, section 13.2.2). If-Range with anything but exactly this version asks for the whole file, so that
 * a resumed download never joins two versions.
 */
export function answerConditions(
  { method, headers }: Pick<Request, "method" | "headers">,
  { etag, lastModified, size }: { etag: string; lastModified: string; size: number },
): FileAnswer {
  const noneMatch = headers.get("If-None-Match");
  const modifiedSince = headers.get("If-Modified-Since");
  if (noneMatch !== null) {
    if (namesEtag(noneMatch, etag)) return { status: 304 };
  } else if (modifiedSince !== null && Date.parse(modifiedSince) >= Date.parse(lastModified)) {
    return { status: 304 };
  }
  // Range is defined for GET alone (RFC 9110, section 14.2).
  if (method !== "GET") return { status: 200 };
  const ifRange = headers.get("If-Range");
  const range: ByteRange =
    ifRange === null || ifRange === etag || ifRange === lastModified
      ? parseByteRange(headers.get("Range"), size)
      : "whole";
  if (range === "whole") return { status: 200 };
  return range === "unsatisfiable" ? { status: 416 } : { status: 206, ...range };
}
