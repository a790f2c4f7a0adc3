import { etagOf, namesEtag } from "./etag.ts";

/** A public body that is the same for everybody and made once per isolate, with the headers that go with it. */
export type StaticDocument = { body: Uint8Array; etag: string; headers: Record<string, string> };

/** How long caches may answer without asking: a new worker or version is seen by everybody within five minutes. */
export const PUBLIC_CACHE_CONTROL = "public, max-age=300";

/** Makes a document of a text and its media type. */
export function staticDocument(text: string, contentType: string): StaticDocument {
  const body = new TextEncoder().encode(text);
  const etag = etagOf(body);
  return {
    body,
    etag,
    headers: {
      "Content-Type": contentType,
      "Content-Length": String(body.length),
      "Cache-Control": PUBLIC_CACHE_CONTROL,
      ETag: etag,
    },
  };
}

/** Answers a GET or HEAD with the document: 200, or 304 to a client that has it already (RFC 9110, section 13). */
export function serveDocument(document: StaticDocument, ifNoneMatch: string | undefined): Response {
  if (!namesEtag(ifNoneMatch, document.etag)) return new Response(document.body, { headers: document.headers });
  const headers = { "Cache-Control": PUBLIC_CACHE_CONTROL, ETag: document.etag };
  return new Response(null, { status: 304, headers });
}
