import { ANYONE, createRouter, operation, z } from "../../../platform/http/route.ts";
import { NOT_MODIFIED, WorkerParams } from "../../workers/request.ts";
import { answerDocument } from "../documents.ts";
import { CatalogEntrySchema } from "../entry.ts";
import { WorkerSchema } from "../schema.ts";

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
  description: "One entry of `/workers`, alone: what a hive asks for before it installs.",
  access: ANYONE,
  params: WorkerParams,
  answers: { 200: ["The worker.", CatalogEntrySchema], ...NOT_MODIFIED },
  refusals: ["WORKER_NOT_FOUND"],
});

const resourceRoute = operation("get", "/v1/workers/{id}", {
  tag: "Catalog",
  summary: "Read one worker",
  description: "One entry of `/v1/workers`, alone.",
  access: ANYONE,
  params: WorkerParams,
  answers: { 200: ["The worker.", WorkerSchema], ...NOT_MODIFIED },
  refusals: ["WORKER_NOT_FOUND"],
});

const pkgbuildRoute = operation("get", "/workers/{id}/PKGBUILD", {
  tag: "Catalog",
  summary: "Get a worker's PKGBUILD",
  description:
    "The recipe that makepkg and hives run, of the version that is published. Those of premium workers are public too: " +
    "only the binary that they fetch needs a license.",
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
  description: "What the PKGBUILD declares, as `makepkg --printsrcinfo` writes it: for tools that must not run shell.",
  access: ANYONE,
  params: WorkerParams,
  answers: {
    200: { description: "The `.SRCINFO`.", content: { "text/plain": { schema: z.string() } } },
    ...NOT_MODIFIED,
  },
  refusals: ["WORKER_NOT_FOUND"],
});

/** `GET /workers`, one worker in either form, and its recipe: bodies that depend on no query. */
export const documents = createRouter();

for (const route of [listRoute, entryRoute, resourceRoute, pkgbuildRoute, srcinfoRoute]) {
  documents.openAPIRegistry.registerPath(route);
  documents.get(route.getRoutingPath(), answerDocument);
}
