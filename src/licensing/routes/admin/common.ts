import { z } from "@hono/zod-openapi";
import type { Refusal } from "../../../http/problem.ts";

/** The header by which a request may be repeated without being carried out twice. */
export const IdempotencyHeader = z.object({
  "idempotency-key": z
    .string()
    .min(1)
    .max(255)
    .optional()
    .openapi({ description: "Any text that is new for each intention.", example: "order-4711" }),
});

/** The refusal of a key that comes with another request than before. */
export const repetitionMismatch: Refusal = {
  code: "CONFLICT",
  detail: "This Idempotency-Key was used for another request. Use a new one.",
};

/** The `{id}` of a license's paths. */
export const LicenseParams = z.object({ id: z.string().openapi({ example: "lic_06b4m2v8w5r7q1t3x9z2k4n6p8" }) });

export const licenseNotFound: Refusal = { code: "LICENSE_NOT_FOUND", detail: "There is no license with this id." };
