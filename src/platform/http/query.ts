import { z } from "@hono/zod-openapi";

/** A query parameter that, left empty as forms send it, is as good as left out: `schema` says what that means. */
export const unlessEmpty = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === "" ? undefined : value), schema);

/** One of a few names, or none. */
export const optionalChoice = <const Names extends readonly [string, ...string[]]>(names: Names) =>
  unlessEmpty(z.enum(names).optional()).openapi({ type: "string", enum: [...names] });
