import { logFailure } from "../../lib/log.ts";
import { type ByteRange, parseByteRange } from "../../platform/http/byte-range.ts";
import { namesEtag } from "../../platform/http/document.ts";
import { Problem } from "../../platform/http/problem.ts";
import type { ManifestRelease, ReleaseFile } from "../releases/manifest.ts";
import {
  type GuardedFile,
  guardedStream,
  type Part,
  readsOf,
  type StreamEnd,
  UNGUARDED_BYTES,
} from "./guarded-stream.ts";

/**
 * Answers a GET or HEAD for an artifact: the whole file, a part, not modified or not satisfiable. Streams the bytes
 * that `read` opens, and never holds the whole file. `decide` decides again while a long body runs (`guardedStream`),
 * and `onEnd` gets the end of such a body. Only a body costs a read; the manifest has all other facts. `startsHere`
 * says whether the answer contains the first byte. Throws SERVICE_UNAVAILABLE if R2 does not have the object, and
 * RANGE_NOT_SATISFIABLE with the size.
 */
export async function fileResponse(
  request: Pick<Request, "method" | "headers">,
  { release, artifact }: { release: ManifestRelease; artifact: ReleaseFile },
  {
    read,
    decide,
    split,
    onEnd,
    cacheControl = "private, no-store",
    contentType = "application/octet-stream",
  }: FileSource,
): Promise<{ response: Response; startsHere: boolean }> {
  const { size, filename } = artifact;
  const etag = `"${artifact.sha256}"`;
  const lastModified = new Date(release.published_at * 1000).toUTCString();
  const answer = answerConditions(request, { etag, lastModified, size });
  const headers = new Headers({
    "Accept-Ranges": "bytes",
    "Cache-Control": cacheControl,
    ETag: etag,
    "Last-Modified": lastModified,
  });
  if (answer.status === 304) return { response: new Response(null, { status: 304, headers }), startsHere: false };
  if (answer.status === 416) {
    throw new Problem({
      code: "RANGE_NOT_SATISFIABLE",
      detail: `The file has ${size} bytes.`,
      headers: { "Content-Range": `bytes */${size}` },
    });
  }
  const { offset, length } = answer.status === 206 ? answer : { offset: 0, length: size };
  headers.set("Content-Type", contentType);
  headers.set("Content-Disposition", `attachment; filename="${filename}"`);
  headers.set("Content-Length", String(length));
  if (answer.status === 206) headers.set("Content-Range", `bytes ${offset}-${offset + length - 1}/${size}`);
  if (request.method === "HEAD") {
    return { response: new Response(null, { status: answer.status, headers }), startsHere: false };
  }
  const part = { offset, length };
  const [opened = part] = length <= UNGUARDED_BYTES ? [part] : readsOf(part, { split });
  const first = await read(opened);
  const respond = (body: ReadableStream) => {
    return { response: new Response(body, { status: answer.status, headers }), startsHere: offset === 0 };
  };
  if (length <= UNGUARDED_BYTES) return respond(first);
  const { readable, end } = guardedStream(part, first, { read, decide, split });
  onEnd(end);
  return respond(readable);
}

/**
 * Where the bytes of a file come from, the decision on them, how caches may keep them (default: not at all) and their
 * type (default: `application/octet-stream`).
 */
export type FileSource = Pick<GuardedFile, "read" | "decide" | "split"> & {
  onEnd: (end: Promise<StreamEnd>) => void;
  cacheControl?: string;
  contentType?: string;
};

/** The bytes of a part of an object. Throws SERVICE_UNAVAILABLE if R2 does not have the object. */
export async function readObject(binaries: Pick<R2Bucket, "get">, key: string, range: Part): Promise<ReadableStream> {
  const object = await binaries.get(key, { range });
  if (object) return object.body;
  logFailure("artifact.missing", "R2 has no such object.", { object_key: key });
  throw new Problem({
    code: "SERVICE_UNAVAILABLE",
    detail: "We cannot read the file at the moment. Please try again.",
  });
}

/** The kind of answer to a request for a file. */
export type FileAnswer = { status: 200 | 304 | 416 } | { status: 206; offset: number; length: number };

/**
 * The answer to a conditional or partial GET or HEAD for a file with a strong `etag`, last modified at `lastModified`
 * (an HTTP date) (RFC 9110, section 13.2.2). If `If-Range` names any other version, the answer is the whole file, so
 * that a resumed download never joins two versions.
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
  // Range is defined for GET only (RFC 9110, section 14.2).
  if (method !== "GET") return { status: 200 };
  const ifRange = headers.get("If-Range");
  const range: ByteRange =
    ifRange === null || ifRange === etag || ifRange === lastModified
      ? parseByteRange(headers.get("Range"), size)
      : "whole";
  if (range === "whole") return { status: 200 };
  return range === "unsatisfiable" ? { status: 416 } : { status: 206, ...range };
}
