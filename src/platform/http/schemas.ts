import { z } from "@hono/zod-openapi";
import { decodeBase64Url, encodeBase64Url } from "../../lib/encoding.ts";

/** A time in an answer, as `toRfc3339` writes it. */
export const Timestamp = z.string().openapi({ format: "date-time", example: "2026-11-23T12:00:00Z" });

/** A query parameter that, left empty as forms send it, is as good as left out: `schema` says what that means. */
export const unlessEmpty = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === "" ? undefined : value), schema);

/** One of a few names, or none. */
export const optionalChoice = <const Names extends readonly [string, ...string[]]>(names: Names) =>
  unlessEmpty(z.enum(names).optional()).openapi({ type: "string", enum: [...names] });

/** What a cursor stands for: the id of the last row of a page. Ids sort by creation, so it holds while rows are added. */
const POSITION = /^[a-z]{1,8}_[0-9a-z]{26}$/;

/** The cursor behind the row with this id: opaque to clients, who only hand it back. */
export const encodeCursor = (id: string): string => encodeBase64Url(new TextEncoder().encode(id));

/** The id in a cursor, or null for a text that `encodeCursor` did not make. */
export function decodeCursor(cursor: string): string | null {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(cursor) || cursor.length % 4 === 1) return null;
  const id = new TextDecoder().decode(decodeBase64Url(cursor));
  return POSITION.test(id) && encodeCursor(id) === cursor ? id : null;
}

/** The query of every list: `limit` rows (1 to 200, 50 unless told), after the row whose id `cursor` becomes. */
export const PageQuery = z.object({
  limit: unlessEmpty(z.coerce.number().int().min(1).max(200).default(50)).openapi({
    param: { description: "How many entries at most, 1 to 200." },
    type: "integer",
    minimum: 1,
    maximum: 200,
    default: 50,
    example: 50,
  }),
  cursor: unlessEmpty(
    z
      .string()
      .transform((text, context) => {
        const id = decodeCursor(text);
        if (id !== null) return id;
        context.addIssue({ code: "custom", message: "is not a cursor that a list has given" });
        return z.NEVER;
      })
      .optional(),
  ).openapi({ param: { description: "The `next_cursor` of the page before." }, type: "string" }),
});

/** The `next_cursor` of a list's body. */
export const NextCursor = z
  .string()
  .nullable()
  .openapi({ description: "Pass it as `cursor` for the next page; null when this is the last.", example: null });

/**
 * One page of `rows`, which the store has read with `limit + 1`: the extra row only says that there is more.
 * `idOf` gives the id that the next page starts behind.
 */
export function page<Row>(
  rows: readonly Row[],
  limit: number,
  idOf: (row: Row) => string,
): { items: Row[]; next_cursor: string | null } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next_cursor: rows.length > limit && last !== undefined ? encodeCursor(idOf(last)) : null };
}
