import { z } from "@hono/zod-openapi";
import { decodeBase64Url, encodeBase64Url } from "../../lib/encoding.ts";

/** A time in a response, as `toRfc3339` writes it. */
export const Timestamp = z.string().openapi({ format: "date-time", example: "2026-11-23T12:00:00Z" });

/**
 * A copy of a schema that code outside of the API uses too, for `.openapi()`. A schema that an isolate made before it
 * evaluated the API has no `.openapi`. Every room that calls it would fail from then on, for the life of the isolate.
 */
export const forApi = <Schema extends z.ZodType>(schema: Schema): Schema => schema.clone();

/** A query parameter that treats an empty value, which forms send, as absent. `schema` sets its default. */
export const unlessEmpty = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === "" ? undefined : value), schema);

/** An optional query parameter that accepts one of `names`. */
export const optionalChoice = <const Names extends readonly [string, ...string[]]>(names: Names) =>
  unlessEmpty(z.enum(names).optional()).openapi({ type: "string", enum: [...names] });

/** A cursor encodes the id of a page's last row. Ids sort by creation, so a cursor stays valid while rows are added. */
const POSITION = /^[a-z]{1,8}_[0-9a-z]{26}$/;

/** The cursor after the row with this id. Opaque: clients only send it back. */
export const encodeCursor = (id: string): string => encodeBase64Url(new TextEncoder().encode(id));

/** The id in a cursor, or null for a text that `encodeCursor` did not make. */
export function decodeCursor(cursor: string): string | null {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(cursor) || cursor.length % 4 === 1) return null;
  const id = new TextDecoder().decode(decodeBase64Url(cursor));
  return POSITION.test(id) && encodeCursor(id) === cursor ? id : null;
}

/** The query of every list: at most `limit` rows (1 to 200, default 50) after the row whose id `cursor` encodes. */
export const PageQuery = z.object({
  limit: unlessEmpty(z.coerce.number().int().min(1).max(200).default(50)).openapi({
    param: { description: "The maximum number of entries, 1 to 200." },
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
        context.addIssue({ code: "custom", message: "must be the next_cursor of a page" });
        return z.NEVER;
      })
      .optional(),
  ).openapi({ param: { description: "The `next_cursor` of the previous page." }, type: "string" }),
});

/** The `next_cursor` of a list's body. */
export const NextCursor = z
  .string()
  .nullable()
  .openapi({ description: "Pass it as `cursor` to get the next page. Null on the last page.", example: null });

/**
 * One page of `rows`. Read `limit + 1` rows from the store: the extra row shows that a next page exists. `idOf` gives
 * the id of a row for the cursor.
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
