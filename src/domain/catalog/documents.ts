import { getPath } from "hono/utils/url";
import { currentTime } from "../../lib/time.ts";
import type { Config } from "../../platform/config/config.ts";
import { documentResponse, type StaticDocument, staticDocument } from "../../platform/http/document.ts";
import { requestIdOf, SECURITY_HEADERS } from "../../platform/http/foundation.ts";
import { corsHeaders } from "../../platform/http/origin.ts";
import { ANYONE, type AppContext, createRouter, operation, Problem, z } from "../../platform/http/route.ts";
import { NOT_MODIFIED, WorkerParams } from "../workers/request.ts";
import type { Worker } from "../workers/workers.ts";
import { publishedWorkers, publishedWorkersAtOnce } from "./published-workers.ts";
import { CatalogEntrySchema, catalogEntry, WorkerSchema, workerResource } from "./schema.ts";

/** Every body of the catalog that depends on no query, by its path. */
export type CatalogDocuments = ReadonlyMap<string, StaticDocument>;

const PLAIN = "text/plain; charset=utf-8";

const json = (body: object) => staticDocument(JSON.stringify(body), "application/json");

/** Makes the bodies of the catalog. */
function makeCatalogDocuments(workers: readonly Worker[], config: Pick<Config, "PURCHASE_URL">): CatalogDocuments {
  const documents = new Map<string, StaticDocument>();
  const entries: object[] = [];
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

/** The documents that this isolate has made, by the workers in them. They are made again only if the workers change. */
const made = new WeakMap<readonly Worker[], CatalogDocuments>();

/** Answers with the document at the request's path. Throws WORKER_NOT_FOUND: only the worker varies. */
async function answerDocument(c: AppContext): Promise<Response> {
  const workers = await publishedWorkers(c.env, c.var.now);
  const documents = made.get(workers) ?? makeCatalogDocuments(workers, c.var.config);
  made.set(workers, documents);
  const document = documents.get(c.req.path);
  if (document) return documentResponse(c.req.raw, document);
  throw new Problem({
    code: "WORKER_NOT_FOUND",
    detail: "The catalog has no such worker. See /workers for all of them.",
  });
}

/**
 * Gives the same answer without the router and the middleware, which take longer than the answer itself. Every hive
 * asks for these documents first. Returns null for every other request, and until `answerDocument` has made the
 * documents.
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

const CatalogSchema = z.object({ workers: z.array(CatalogEntrySchema) }).openapi("Catalog");

const listRoute = operation("get", "/workers", {
  tag: "Catalog",
  summary: "List every worker",
  description:
    "The whole catalog, free workers first, in the form that every hive, keeper and page in use decodes. New clients " +
    "find the same facts, each once, and filters at `/v1/workers`.",
  access: ANYONE,
  answers: { 200: ["The catalog.", CatalogSchema], ...NOT_MODIFIED },
  refusals: ["SERVICE_UNAVAILABLE"],
});

const entryRoute = operation("get", "/workers/{id}", {
  tag: "Catalog",
  summary: "Read one worker of the list",
  description: "One entry of `/workers`. A hive requests it before it installs.",
  access: ANYONE,
  params: WorkerParams,
  answers: { 200: ["The worker.", CatalogEntrySchema], ...NOT_MODIFIED },
  refusals: ["WORKER_NOT_FOUND"],
});

const resourceRoute = operation("get", "/v1/workers/{id}", {
  tag: "Catalog",
  summary: "Read one worker",
  description: "One entry of `/v1/workers`.",
  access: ANYONE,
  params: WorkerParams,
  answers: { 200: ["The worker.", WorkerSchema], ...NOT_MODIFIED },
  refusals: ["WORKER_NOT_FOUND"],
});

const pkgbuildRoute = operation("get", "/workers/{id}/PKGBUILD", {
  tag: "Catalog",
  summary: "Get a worker's PKGBUILD",
  description:
    "The recipe for the published version, which makepkg and hives run. The recipes of premium workers are public, too: " +
    "only the binary needs a license.",
  access: ANYONE,
  params: WorkerParams,
  answers: {
    200: { description: "The PKGBUILD.", content: { "text/plain": { schema: z.string() } } },
    ...NOT_MODIFIED,
  },
  refusals: ["WORKER_NOT_FOUND"],
});

const srcinfoRoute = operation("get", "/workers/{id}/.SRCINFO", {
  tag: "Catalog",
  summary: "Get a worker's .SRCINFO",
  description:
    "The declarations of the PKGBUILD, as `makepkg --printsrcinfo` writes them, for tools that must not run shell.",
  access: ANYONE,
  params: WorkerParams,
  answers: {
    200: { description: "The `.SRCINFO`.", content: { "text/plain": { schema: z.string() } } },
    ...NOT_MODIFIED,
  },
  refusals: ["WORKER_NOT_FOUND"],
});

/** `GET /workers`, a worker in either form, and its recipe: bodies that depend on no query. */
export const documents = createRouter();

for (const route of [listRoute, entryRoute, resourceRoute, pkgbuildRoute, srcinfoRoute]) {
  documents.openAPIRegistry.registerPath(route);
  documents.get(route.getRoutingPath(), answerDocument);
}
