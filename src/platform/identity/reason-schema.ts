import { z } from "@hono/zod-openapi";

/** Why an admin does something, as a request's body says it. */
export const Reason = z.string().trim().min(1).max(500).openapi({
  description: "Why. It stays in the audit trail for good: name nobody in it.",
  example: "key found in a public repository",
});
