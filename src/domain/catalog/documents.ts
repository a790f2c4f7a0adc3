import { getPath } from "hono/utils/url";
import { currentTime } from "../../lib/time.ts";
import type { Config } from "../../platform/config/config.ts";
import { requestIdOf, SECURITY_HEADERS } from "../../platform/http/foundation.ts";
import { corsHeaders } from "../../platform/http/origin.ts";
import { Problem } from "../../platform/http/problem.ts";
import type { AppContext } from "../../platform/http/router.ts";
import { documentResponse, type StaticDocument, staticDocument } from "../../platform/http/static-document.ts";
import type { Worker } from "../workers/workers.ts";
import { type CatalogEntry, catalogEntry } from "./entry.ts";
import { publishedWorkers, publishedWorkersAtOnce } from "./published-workers.ts";
import { type WorkerResource, workerResource } from "./schema.ts";

/** Every body of the catalog that does not depend on a query, by its path. */
export type CatalogDocuments = ReadonlyMap<string, StaticDocument>;

const PLAIN = "text/plain; charset=utf-8";

const json = (body: { workers: CatalogEntry[] } | CatalogEntry | WorkerResource) =>
  staticDocument(JSON.stringify(body), "application/json");

/** Makes the catalog's bodies. */
export function makeCatalogDocuments(
  workers: readonly Worker[],
  config: Pick<Config, "PURCHASE_URL">,
): CatalogDocuments {
  const documents = new Map<string, StaticDocument>();
  const entries: CatalogEntry[] = [];
  for (const worker of workers) {
    const resource = workerResource(worker, config.PURCHASE_URL);
    const entry = catalogEntry(resource);
    entries.push(entry);
    const made = {
      entry: json(entry),
      resource: json(resource),
      pkgbuild: staticDocument(worker.pkgbuild, PLAIN),
      srcinfo: staticDocument(worker.srcinfo, PLAIN),
    };
    for (const name of [worker.id, worker.variant]) {
      documents.set(`/workers/${name}`, made.entry);
      documents.set(`/workers/${name}/PKGBUILD`, made.pkgbuild);
      documents.set(`/workers/${name}/.SRCINFO`, made.srcinfo);
      documents.set(`/v1/workers/${name}`, made.resource);
    }
  }
  return documents.set("/workers", json({ workers: entries }));
}

/** The documents of an isolate, by the workers that they are of: made anew only when these change. */
const made = new WeakMap<readonly Worker[], CatalogDocuments>();

/** Answers with the catalog's document at the request's path. Throws WORKER_NOT_FOUND, for no other part of it varies. */
export async function answerDocument(c: AppContext): Promise<Response> {
  const workers = await publishedWorkers(c.env, c.var.now);
  const documents = made.get(workers) ?? makeCatalogDocuments(workers, c.var.config);
  made.set(workers, documents);
  const document = documents.get(c.req.path);
  if (document) return documentResponse(c.req.raw, document);
  throw new Problem({
    code: "WORKER_NOT_FOUND",
    detail: "The catalog has no such worker; GET /workers lists them all.",
  });
}

/**
 * The same answer without the router and the middleware, which take longer than it does: these are the documents that
 * every hive asks for first. Null for every other request, and while `answerDocument` has yet to make them.
 */
export function answerDocumentAtOnce(request: Request, env: Env): Response | null {
  if (request.method !== "GET" && request.method !== "HEAD") return null;
  const workers = publishedWorkersAtOnce(env, currentTime());
  const document = workers && made.get(workers)?.get(getPath(request));
  if (!document) return null;
  return documentResponse(request, document, {
    ...SECURITY_HEADERS,
    "X-Request-Id": requestIdOf(request.headers.get("X-Request-Id")),
    Vary: "Origin",
    ...corsHeaders(request.headers.get("Origin")),
  });
}
