import { currentTime } from "../../lib/time.ts";
import type { Config } from "../../platform/config/config.ts";
import { documentAnswer, documentResponse, type StaticDocument, staticDocument } from "../../platform/http/document.ts";
import { type AtOnce, newRequestId, SECURITY_HEADERS } from "../../platform/http/exchange.ts";
import { corsHeaders } from "../../platform/http/origin.ts";
import type { ReadScope } from "../../platform/http/router.ts";
import { type ListedWorker, publishedWorkers, publishedWorkersAtOnce } from "./published-workers.ts";
import { catalogEntry, workerResource } from "./view.ts";

/** Makes a body of the catalog that depends on no query, once. */
type MakeDocument = () => StaticDocument;

/** Every body of the catalog that depends on no query, by its path. */
type CatalogDocuments = ReadonlyMap<string, MakeDocument>;

const PLAIN = "text/plain; charset=utf-8";

/** Remembers the document. Most isolates are asked for few of them, and each costs a hash. */
function remember(make: MakeDocument): MakeDocument {
  let made: StaticDocument | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const json = (body: () => object) => remember(() => staticDocument(JSON.stringify(body()), "application/json"));

/** The bodies of the catalog. */
function catalogDocuments(workers: readonly ListedWorker[], config: Pick<Config, "PURCHASE_URL">): CatalogDocuments {
  const documents = new Map<string, MakeDocument>();
  const resourceOf = (worker: ListedWorker) => workerResource(worker, config.PURCHASE_URL);
  for (const worker of workers) {
    const entry = json(() => catalogEntry(resourceOf(worker)));
    const resource = json(() => resourceOf(worker));
    const pkgbuild = remember(() => staticDocument(worker.pkgbuild, PLAIN));
    const srcinfo = remember(() => staticDocument(worker.srcinfo, PLAIN));
    for (const name of [worker.id, worker.variant]) {
      documents.set(`/workers/${name}`, entry);
      documents.set(`/workers/${name}/PKGBUILD`, pkgbuild);
      documents.set(`/workers/${name}/.SRCINFO`, srcinfo);
      documents.set(`/v1/workers/${name}`, resource);
    }
  }
  return documents.set(
    "/workers",
    json(() => ({ workers: workers.map((worker) => catalogEntry(resourceOf(worker))) })),
  );
}

/** The documents of this isolate, by the workers in them. They are made again only if the workers change. */
const made = new WeakMap<readonly ListedWorker[], CatalogDocuments>();

/** The document at `path` as it is published now, or null if there is none. Throws ConfigError. */
export async function readDocument(c: ReadScope, path: string): Promise<StaticDocument | null> {
  const workers = await publishedWorkers(c.env, c.var.now);
  const documents = made.get(workers) ?? catalogDocuments(workers, c.var.config);
  made.set(workers, documents);
  return documents.get(path)?.() ?? null;
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
  const document = workers && made.get(workers)?.get(path);
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
  if (first === "v1") return second === "workers" && third ? "/v1/workers/:id" : null;
  if (first !== "workers") return null;
  if (third === "PKGBUILD" || third === ".SRCINFO") return `/workers/:id/${third}`;
  if (third !== undefined) return null;
  return second === undefined ? "/workers" : "/workers/:id";
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
