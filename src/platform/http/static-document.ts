import { etagOf, namesEtag } from "../../lib/etag.ts";

/** A public body that is the same for everybody and made once per isolate, with the headers that go with it. */
export type StaticDocument = {
  body: Uint8Array;
  etag: string;
  headers: Record<string, string>;
  /** Those of a 304, which describe no body. */
  unchangedHeaders: Record<string, string>;
};

/** How long caches may answer without asking: a new version is seen behind them a minute later than by those who ask us. */
export const PUBLIC_CACHE_CONTROL = "public, max-age=60";

/** Makes a document of its content, a text or bytes, and its media type. */
export function staticDocument(content: string | Uint8Array, contentType: string): StaticDocument {
  const body = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const etag = etagOf(body);
  const unchangedHeaders = { "Cache-Control": PUBLIC_CACHE_CONTROL, ETag: etag };
  const headers = { ...unchangedHeaders, "Content-Type": contentType, "Content-Length": String(body.length) };
  return { body, etag, headers, unchangedHeaders };
}

/**
 * Answers a GET or HEAD with the document and `more` headers: 200, or 304 to a client that has it already (RFC 9110,
 * section 13).
 */
export function documentResponse(request: Request, document: StaticDocument, more?: Record<string, string>): Response {
  if (namesEtag(request.headers.get("If-None-Match"), document.etag)) {
    return new Response(null, { status: 304, headers: { ...document.unchangedHeaders, ...more } });
  }
  const body = request.method === "HEAD" ? null : document.body;
  return new Response(body, { headers: { ...document.headers, ...more } });
}
