import { optionalChoice, PageQuery, page, z } from "../../platform/http/route.ts";
import { type Child, type Column, DataTable, Pager, pathWithQuery } from "../page/kit.ts";

/** The query of a list: the cursor, and `fields`. */
export const listQuery = <Fields extends z.ZodRawShape>(fields: Fields) =>
  PageQuery.pick({ cursor: true }).extend(fields);

/** A text of up to `longest` characters in the query of a list; undefined if it is empty. */
export const filterText = (description: string, example: string, longest = 300) => {
  const text = z.string().max(longest).trim();
  return text
    .transform((given) => given || undefined)
    .optional()
    .openapi({ description, example });
};

/** One of `names` in the query of a list. */
export const filterChoice = <const Names extends readonly [string, ...string[]]>(description: string, names: Names) =>
  optionalChoice(names).openapi({ description });

type Props<Row> = {
  path: string;
  /** The filters in force, as they stand in the query. */
  filter?: Readonly<Record<string, string | undefined>>;
  cursor: string | undefined;
  limit: number;
  /** The rows from `cursor` on. One more than `limit` shows that there is another page. */
  rows: readonly Row[];
  caption: string;
  columns: readonly Column<Row>[];
  empty: Child;
};

/** The rows of a page out of `rows`, which has one more if there is another page, and the cursor of the next one. */
export const pageOf = <Row extends { id: string }>(rows: readonly Row[], limit: number) =>
  page(rows, limit, ({ id }) => id);

/** A page of a list: a table, and the links to its other pages. */
export function List<Row extends { id: string }>({ path, filter, cursor, limit, rows, ...table }: Props<Row>) {
  const { items, next_cursor } = pageOf(rows, limit);
  return (
    <>
      <DataTable rows={items} {...table} />
      <Pager
        path={(cursor) => pathWithQuery(path, { ...filter, cursor })}
        isLater={cursor !== undefined}
        next={next_cursor}
      />
    </>
  );
}
