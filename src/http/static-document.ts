import { corsHeaders } from "./cors.ts";
import { etagOf, namesEtag } from "./etag.ts";
import { requestIdOf, SECURITY_HEADERS } from "./foundation.ts";

/** A public body that is the same for everybody and made once per isolate, with the headers that go with it. */
export type StaticDocument = {
  body: Uint8Array;
  etag: string;
  headers: Record<string, string>;
  /** Those of a 304, which describe no body. */
  unchangedHeaders: Record<string, string>;
};

/** How long caches may answer without asking: a new worker or version is seen by everybody within five minutes. */
export const PUBLIC_CACHE_CONTROL = "public, max-age=300";

/** Makes a document of a text and its media type. */
export function staticDocument(text: string, contentType: string): StaticDocument {
  const body = new TextEncoder().encode(text);
  const etag = etagOf(body);
  const unchangedHeaders = {
    ...SECURITY_HEADERS,
    "Cache-Control": PUBLIC_CACHE_CONTROL,
    ETag: etag,
    Vary: "Origin",
  };
  const headers = { ...unchangedHeaders, "Content-Type": contentType, "Content-Length": String(body.length) };
  return { body, etag, headers, unchangedHeaders };
}

/**
 * Answers a GET or HEAD with the document: 200, or 304 to a client that has it already (RFC 9110, section 13). The
 * response is complete, with all that `foundation` and `publicCors` would add: those two cost as much as everything else.
 */
export function documentResponse(request: Request, document: StaticDocument): Response {
  const unchanged = namesEtag(request.headers.get("If-None-Match"), document.etag);
  const headers = {
    ...(unchanged ? document.unchangedHeaders : document.headers),
    "X-Request-Id": requestIdOf(request.headers.get("X-Request-Id")),
    ...corsHeaders(request.headers.get("Origin")),
  };
  return unchanged ? new Response(null, { status: 304, headers }) : new Response(document.body, { headers });
}
