import { z } from "@hono/zod-openapi";

/** The path parameter that names a worker. */
export const WorkerParams = z.object({
  id: z.string().openapi({
    param: { description: "The worker's id, or its variant." },
    example: "llm-worker-rbee-cpu",
  }),
});

/** The 304 answer of every document of the catalog. */
export const NOT_MODIFIED = { 304: { description: "`If-None-Match` names what would be sent." } } as const;
