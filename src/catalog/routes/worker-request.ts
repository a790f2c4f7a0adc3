import { z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { configOf } from "../../config.ts";
import type { AppEnv } from "../../http/app.ts";
import { documentResponse } from "../../http/static-document.ts";
import { catalogDocuments, type WorkerDocuments } from "../catalog-documents.ts";

/** The path parameter that names a worker. */
export const WorkerParams = z.object({
  id: z.string().openapi({
    param: { description: "The worker's id, or its variant." },
    example: "llm-worker-rbee-cpu",
  }),
});

/** Answers with one document of the worker that the path's `id` names. Another name is left to the routes that follow. */
export const answerWith =
  (kind: keyof WorkerDocuments): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    const documents = catalogDocuments(configOf(c.env)).ofWorker.get(c.req.param("id") ?? "");
    return documents ? documentResponse(c.req.raw, documents[kind]) : next();
  };

/** The 304 that every document of the catalog may be answered with. */
export const NOT_MODIFIED = { 304: { description: "`If-None-Match` names what would be sent." } } as const;
