import * as z from "zod";

/** A choice in a form that may be left open: its empty text is no choice. */
export const optionalChoice = <const Names extends readonly [string, ...string[]]>(names: Names) =>
  z
    .union([z.enum(names), z.literal("")])
    .optional()
    .transform((name) => (name === "" ? undefined : name));
