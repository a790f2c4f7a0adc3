import { currentTime } from "../../lib/time.ts";
import { type Config, configOf } from "../../platform/config/config.ts";
import { documentAnswer, documentResponse, type StaticDocument } from "../../platform/http/document.ts";
import { type AtOnce, newRequestId, SECURITY_HEADERS } from "../../platform/http/exchange.ts";
import { corsHeaders } from "../../platform/http/origin.ts";
import { isAtOtherOrigin } from "../../platform/http/own-address.ts";
import type { ReadScope } from "../../platform/http/router.ts";
import { type CatalogDocuments, catalogDocuments, GROUPED_LIST } from "./bodies.ts";
import { type ListedWorker, publishedWorkers, publishedWorkersAtOnce } from "./published-workers.ts";

/** The documents of this isolate, by the workers in them. They are made again only if the workers change. */
const made = new WeakMap<readonly ListedWorker[], CatalogDocuments>();

/** At another origin than PUBLIC_URL, upstream's newest clients ask for the list, which is by family there. */
const pathAt = (request: Request, path: string, config: Config): string =>
  path === "/workers" && isAtOtherOrigin(request, config) ? GROUPED_LIST : path;

/** The document at `path` as it is published now, or null if there is none. Throws ConfigError. */
export async function readDocument(c: ReadScope, path: string): Promise<StaticDocument | null> {
  const workers = await publishedWorkers(c.env, c.var.now);
  const documents = made.get(workers) ?? catalogDocuments(workers, c.var.config);
  made.set(workers, documents);
  return documents.get(pathAt(c.req.raw, path, c.var.config))?.() ?? null;
}

/** The headers of every document besides its own: pages of our origins may read it. */
export const sharedHeaders = (request: Request): Record<string, string> => ({
  Vary: "Origin",
  ...corsHeaders(request.headers.get("Origin")),
});

/**
 * Gives the answer of the document's route without waiting for anything. Every hive asks for these documents first.
 * Returns null for every other request, and until `readDocument` has read the workers.
 */
export function answerDocumentAtOnce(request: Request, path: string, env: Env): Response | null {
  if (routeOf(path) === null || (request.method !== "GET" && request.method !== "HEAD")) return null;
  const workers = publishedWorkersAtOnce(env, currentTime());
  const document = workers && made.get(workers)?.get(pathAt(request, path, configOf(env)));
  if (!document) return null;
  return documentResponse(request, document(), {
    ...SECURITY_HEADERS,
    "X-Request-Id": newRequestId(),
    ...sharedHeaders(request),
  });
}

/** The route of a document, as a pattern, by the number of the parts of its path. */
function routeOf(path: string): string | null {
  const [, first, second, third, ...more] = path.split("/");
  if (more.length > 0) return null;
  if (first === "pkgbuilds") return recipeRoute(second, third);
  if (first === "v1") return second === "workers" && third ? "/v1/workers/:id" : null;
  if (first === "v2") return second === "workers" ? (third ? "/v2/workers/:id" : GROUPED_LIST) : null;
  if (first !== "workers") return null;
  if (third === "PKGBUILD" || third === ".SRCINFO") return `/workers/:id/${third}`;
  if (third !== undefined) return null;
  return second === undefined ? "/workers" : "/workers/:id";
}

function recipeRoute(second: string | undefined, third: string | undefined): string | null {
  if (third === undefined) return second ? "/pkgbuilds/:file" : null;
  return second === "arch" && third ? "/pkgbuilds/arch/:file" : null;
}

/** Answers a request for a document without the router, and reads the workers first: see src/at-once.ts. */
export function documentAt(path: string): AtOnce | null {
  const route = routeOf(path);
  if (route === null) return null;
  return {
    route,
    async answer(c) {
      const document = await readDocument(c, path);
      return document && documentAnswer(c.req.raw, document, sharedHeaders(c.req.raw));
    },
  };
}
