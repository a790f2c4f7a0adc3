import { z } from "@hono/zod-openapi";

/** A time in an answer, as `toRfc3339` writes it. */
export const Timestamp = z.string().openapi({ format: "date-time", example: "2026-11-23T12:00:00Z" });
