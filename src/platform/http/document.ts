import { sha256 } from "@noble/hashes/sha2.js";
import { encodeHex } from "../../lib/encoding.ts";
import type { Answer } from "./problem.ts";

/** A public body that is the same for every caller and made once per isolate, with its headers. */
export type StaticDocument = {
  body: Uint8Array;
  etag: string;
  headers: Record<string, string>;
  /** The headers of a 304, which describe no body. */
  unchangedHeaders: Record<string, string>;
};

/** How long caches may answer without asking us: a client behind a cache sees a new version up to a minute late. */
export const PUBLIC_CACHE_CONTROL = "public, max-age=60";

/** A document of a text or bytes and its media type. */
export function staticDocument(content: string | Uint8Array, contentType: string): StaticDocument {
  const body = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const etag = etagOf(body);
  const unchangedHeaders = { "Cache-Control": PUBLIC_CACHE_CONTROL, ETag: etag };
  const headers = { ...unchangedHeaders, "Content-Type": contentType, "Content-Length": String(body.length) };
  return { body, etag, headers, unchangedHeaders };
}

/** The answer to a GET or HEAD with the document and `more` headers: 200, or 304 (RFC 9110, section 13). */
export function documentAnswer(request: Request, document: StaticDocument, more?: Record<string, string>): Answer {
  if (namesEtag(request.headers.get("If-None-Match"), document.etag)) {
    return { status: 304, headers: { ...document.unchangedHeaders, ...more }, body: null };
  }
  const body = request.method === "HEAD" ? null : document.body;
  return { status: 200, headers: { ...document.headers, ...more }, body };
}

/** `documentAnswer` as a response. */
export function documentResponse(request: Request, document: StaticDocument, more?: Record<string, string>): Response {
  const { body, ...rest } = documentAnswer(request, document, more);
  return new Response(body, rest);
}

/** The strong entity tag of a body: its SHA-256 in hexadecimal, quoted (RFC 9110, section 8.8.3). */
export const etagOf = (body: Uint8Array): string => `"${encodeHex(sha256(body))}"`;

/**
 * Whether an `If-None-Match` header (null or undefined: none was sent) names `etag`, which makes the response a 304.
 * Weak comparison, because a cache on the way may have weakened our tag (RFC 9110, section 13.1.2).
 */
export function namesEtag(ifNoneMatch: string | null | undefined, etag: string): boolean {
  if (!ifNoneMatch) return false;
  if (ifNoneMatch.trim() === "*") return true;
  return ifNoneMatch.match(/"[^"]*"/g)?.some((named) => named === etag) ?? false;
}
