import { getPath } from "hono/utils/url";
import type { AppContext } from "../http/app.ts";
import { corsHeaders } from "../http/cors.ts";
import { requestIdOf, SECURITY_HEADERS } from "../http/foundation.ts";
import { Problem } from "../http/problem.ts";
import { documentResponse } from "../http/static-document.ts";
import { type CatalogDocuments, makeCatalogDocuments } from "./catalog-documents.ts";

/** The documents of an isolate, by its `env`: they never change in its life. */
const made = new WeakMap<object, CatalogDocuments>();

/** Answers with the catalog's document at the request's path. Throws WORKER_NOT_FOUND, for no other part of it varies. */
export function answerDocument(c: AppContext): Response {
  const documents = made.get(c.env) ?? makeCatalogDocuments(c.var.config);
  made.set(c.env, documents);
  const document = documents.get(c.req.path);
  if (document) return documentResponse(c.req.raw, document);
  throw new Problem({
    code: "WORKER_NOT_FOUND",
    detail: "The catalog has no such worker; GET /workers lists them all.",
  });
}

/**
 * The same answer without the router and the middleware, which take longer than it does: these are the documents that
 * every hive asks for first. Null for every other request, and until `answerDocument` has answered one.
 */
export function answerDocumentAtOnce(request: Request, env: Env): Response | null {
  if (request.method !== "GET" && request.method !== "HEAD") return null;
  const document = made.get(env)?.get(getPath(request));
  if (!document) return null;
  return documentResponse(request, document, {
    ...SECURITY_HEADERS,
    "X-Request-Id": requestIdOf(request.headers.get("X-Request-Id")),
    Vary: "Origin",
    ...corsHeaders(request.headers.get("Origin")),
  });
}
