import { z } from "@hono/zod-openapi";
import type { AppContext } from "../../http/app.ts";
import { Problem } from "../../http/problem.ts";
import { catalogDocuments, type WorkerDocuments } from "../catalog-documents.ts";

/** The path parameter that names a worker. */
export const WorkerParams = z.object({
  id: z.string().openapi({
    param: { description: "The worker's id, or its variant." },
    example: "llm-worker-rbee-cpu",
  }),
});

/** What is answered about the worker that the path's `id` names. Throws WORKER_NOT_FOUND. */
export function requestedWorker(c: AppContext): WorkerDocuments {
  const documents = catalogDocuments(c.var.config).ofWorker.get(c.req.param("id") ?? "");
  if (documents) return documents;
  throw new Problem({
    code: "WORKER_NOT_FOUND",
    detail: "The catalog has no such worker; GET /workers lists them all.",
  });
}

/** The 304 that every document of the catalog may be answered with. */
export const NOT_MODIFIED = { 304: { description: "`If-None-Match` names what would be sent." } } as const;
