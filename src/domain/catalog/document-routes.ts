import {
  ANYONE,
  type AppContext,
  createRouter,
  documentResponse,
  operation,
  Problem,
  z,
} from "../../platform/http/route.ts";
import { NOT_MODIFIED, WorkerParams } from "../workers/request.ts";
import { readDocument } from "./documents.ts";
import { CatalogEntrySchema, WorkerSchema } from "./schema.ts";

/** Answers with the document at the request's path. Throws WORKER_NOT_FOUND: only the worker varies. */
async function answerDocument(c: AppContext): Promise<Response> {
  const document = await readDocument(c, c.req.path);
  if (document) return documentResponse(c.req.raw, document);
  throw new Problem({
    code: "WORKER_NOT_FOUND",
    detail: "The catalog has no such worker. See /workers for all of them.",
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
