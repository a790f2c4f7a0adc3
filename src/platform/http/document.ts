import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { sha256 } from "@noble/hashes/sha2.js";
import { encodeHex } from "../../lib/encoding.ts";
import { onceResolved } from "../../lib/isolate.ts";
import type { Config } from "../config/config.ts";
import { ANYONE, operation } from "./operation.ts";
import { type AppEnv, createRouter } from "./router.ts";

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

/** Answers a GET or HEAD with the document and `more` headers: 200, or 304 (RFC 9110, section 13). */
export function documentResponse(request: Request, document: StaticDocument, more?: Record<string, string>): Response {
  if (namesEtag(request.headers.get("If-None-Match"), document.etag)) {
    return new Response(null, { status: 304, headers: { ...document.unchangedHeaders, ...more } });
  }
  const body = request.method === "HEAD" ? null : document.body;
  return new Response(body, { headers: { ...document.headers, ...more } });
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

/** The description of a public document, and its media type. */
type PublicDocument = {
  tag: string;
  summary: string;
  description?: string;
  /** The content in a few words: "The style sheet." */
  content: string;
  type: string;
  /** An example of the text, or the schema of another type with its example. */
  example: string | z.ZodType;
  headers?: Record<string, string>;
};

/**
 * A router with one `GET` route of a document that depends only on the configuration. An isolate makes the document at
 * the first request. Answers 304 to a client with the current version.
 */
export function documentRoute(
  path: string,
  { content, type, example, headers, ...docs }: PublicDocument,
  make: (config: Config) => string | Promise<string>,
): OpenAPIHono<AppEnv> {
  const contentType = type === "application/json" ? type : `${type}; charset=utf-8`;
  const document = onceResolved(async (config: Config) => staticDocument(await make(config), contentType));
  const schema = typeof example === "string" ? z.string().openapi({ example }) : example;
  const router = createRouter();
  router.openapi(
    operation("get", path, {
      ...docs,
      access: ANYONE,
      answers: {
        200: { description: content, content: { [type]: { schema } } },
        304: ["It has not changed since the `ETag` in `If-None-Match`."],
      },
      refusals: ["INTERNAL_ERROR"],
    }),
    async (c) => documentResponse(c.req.raw, await document(c.var.config), headers),
  );
  return router;
}
