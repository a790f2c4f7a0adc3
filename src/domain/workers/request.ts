import { z } from "@hono/zod-openapi";

/** The path parameter that names a worker. */
export const WorkerParams = z.object({
  id: z.string().openapi({
    param: { description: "The worker's id or variant." },
    example: "llm-worker-rbee-cpu",
  }),
});

/** The 304 answer of every document of the catalog. */
export const NOT_MODIFIED = { 304: { description: "The client's copy is current." } } as const;
