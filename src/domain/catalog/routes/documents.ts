import { createRoute, createRouter, problems, z } from "../../../platform/http/route.ts";
import { NOT_MODIFIED } from "../../workers/request.ts";
import { CatalogEntrySchema } from "../entry.ts";
import { answerDocument } from "../document-answer.ts";

const CatalogSchema = z.object({ workers: z.array(CatalogEntrySchema) }).openapi("Catalog");

const route = createRoute({
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

/** `GET /workers`. */
export const workerList = createRouter();
workerList.openAPIRegistry.registerPath(route);
workerList.get(route.getRoutingPath(), answerDocument);
