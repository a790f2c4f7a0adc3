import { createRoute, createRouter, problems } from "../../../platform/http/route.ts";
import { NOT_MODIFIED, WorkerParams } from "../../workers/request.ts";
import { CatalogEntrySchema } from "../entry.ts";
import { answerDocument } from "../document-answer.ts";
import { WorkerSchema } from "../schema.ts";

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

/** `GET /workers/{id}` and `GET /v1/workers/{id}`: one worker in either form. */
export const workerRead = createRouter();
workerRead.openAPIRegistry.registerPath(entryRoute);
workerRead.openAPIRegistry.registerPath(resourceRoute);
workerRead.get(entryRoute.getRoutingPath(), answerDocument);
workerRead.get(resourceRoute.getRoutingPath(), answerDocument);
