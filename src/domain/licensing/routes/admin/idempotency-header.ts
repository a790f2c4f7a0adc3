import { z } from "@hono/zod-openapi";

/** The header by which a request may be repeated without being carried out twice. */
export const IdempotencyHeader = z.object({
  "idempotency-key": z
    .string()
    .min(1)
    .max(255)
    .optional()
    .openapi({ description: "Any text that is new for each intention.", example: "order-4711" }),
});
