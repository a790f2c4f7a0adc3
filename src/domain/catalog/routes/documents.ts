import { createRoute, createRouter, problems, z } from "../../../platform/http/route.ts";
import { NOT_MODIFIED, WorkerParams } from "../../workers/request.ts";
import { answerDocument } from "../documents.ts";
import { CatalogEntrySchema } from "../entry.ts";
import { WorkerSchema } from "../schema.ts";

const CatalogSchema = z.object({ workers: z.array(CatalogEntrySchema) }).openapi("Catalog");

const listRoute = createRoute({
  method: "get",
  path: "/workers",
  tags: ["Catalog"],
  summary: "List every worker",
  description:
    "The whole catalog, free workers first, in the form that every hive, keeper and page in use decodes. New clients " +
    "find the same facts, each once, and filters at `/v1/workers`.",
  responses: {
    200: { description: "The catalog.", content: { "application/json": { schema: CatalogSchema } } },
    ...NOT_MODIFIED,
    ...problems("SERVICE_UNAVAILABLE"),
  },
});

const entryRoute = createRoute({
  method: "get",
  path: "/workers/{id}",
  tags: ["Catalog"],
  summary: "Read one worker of the list",
  description: "One entry of `/workers`, alone: what a hive asks for before it installs.",
  request: { params: WorkerParams },
  responses: {
    200: { description: "The worker.", content: { "application/json": { schema: CatalogEntrySchema } } },
    ...NOT_MODIFIED,
    ...problems("WORKER_NOT_FOUND"),
  },
});

const resourceRoute = createRoute({
  method: "get",
  path: "/v1/workers/{id}",
  tags: ["Catalog"],
  summary: "Read one worker",
  description: "One entry of `/v1/workers`, alone.",
  request: { params: WorkerParams },
  responses: {
    200: { description: "The worker.", content: { "application/json": { schema: WorkerSchema } } },
    ...NOT_MODIFIED,
    ...problems("WORKER_NOT_FOUND"),
  },
});

const pkgbuildRoute = createRoute({
  method: "get",
  path: "/workers/{id}/PKGBUILD",
  tags: ["Catalog"],
  summary: "Get a worker's PKGBUILD",
  description:
    "The recipe that makepkg and hives run, of the version that is published. Those of premium workers are public too: " +
    "only the binary that they fetch needs a license.",
  request: { params: WorkerParams },
  responses: {
    200: { description: "The PKGBUILD.", content: { "text/plain": { schema: z.string() } } },
    ...NOT_MODIFIED,
    ...problems("WORKER_NOT_FOUND"),
  },
});

const srcinfoRoute = createRoute({
  method: "get",
  path: "/workers/{id}/.SRCINFO",
  tags: ["Catalog"],
  summary: "Get a worker's .SRCINFO",
  description: "What the PKGBUILD declares, as `makepkg --printsrcinfo` writes it: for tools that must not run shell.",
  request: { params: WorkerParams },
  responses: {
    200: { description: "The `.SRCINFO`.", content: { "text/plain": { schema: z.string() } } },
    ...NOT_MODIFIED,
    ...problems("WORKER_NOT_FOUND"),
  },
});

/** `GET /workers`, one worker in either form, and its recipe: bodies that depend on no query. */
export const documents = createRouter();

for (const route of [listRoute, entryRoute, resourceRoute, pkgbuildRoute, srcinfoRoute]) {
  documents.openAPIRegistry.registerPath(route);
  documents.get(route.getRoutingPath(), answerDocument);
}
