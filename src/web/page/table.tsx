import type { Child, FC } from "hono/jsx";
import { formatCount } from "./format.tsx";

/**
 * A column of a table: its heading, and its cell for each row. A column of buttons has the heading "". In a `numeric`
 * column, numbers get separators.
 */
export type Column<Row> = { header: string; cell: (row: Row) => Child; numeric?: boolean };

type TableProps<Row> = {
  /** Names the table: read aloud, and shown unless `quiet`. */
  caption: string;
  /** Hides the caption from sight, if a heading above already says the same. */
  quiet?: boolean;
  /** The first column names the row. */
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  /** Replaces a table without rows: the reason, and how rows get there. */
  empty: Child;
};

/** A table. On a narrow window a table of texts becomes a list of its rows, and a table of numbers scrolls sideways. */
export function DataTable<Row>({ caption, quiet = false, columns, rows, empty }: TableProps<Row>) {
  if (rows.length === 0) return <p class="empty">{empty}</p>;
  const alignment = ({ numeric }: Column<Row>) => (numeric ? "number" : undefined);
  const [names, ...others] = columns;
  const shown = (cell: Child) => (typeof cell === "number" ? formatCount(cell) : cell);
  const isOfTexts = others.some(({ numeric }) => !numeric);
  return (
    <section class={isOfTexts ? "scroll rows" : "scroll"} aria-label={caption} tabindex={0}>
      <table>
        <caption class={quiet ? "unseen" : undefined}>{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) =>
              column.header === "" ? (
                <td></td>
              ) : (
                <th scope="col" class={alignment(column)}>
                  {column.header}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr>
              <th scope="row">{names?.cell(row)}</th>
              {others.map((column) => (
                <td class={alignment(column)} data-column={column.header}>
                  {shown(column.cell(row))}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Facts by name; those that are null are left out. */
export const Facts: FC<{ facts: readonly (readonly [name: string, fact: Child])[]; class?: string }> = (props) => (
  <dl class={props.class}>
    {props.facts.map(([name, fact]) =>
      fact === null ? null : (
        <>
          <dt>{name}</dt>
          <dd>{fact}</dd>
        </>
      ),
    )}
  </dl>
);

/** `path` is the address of the list from `cursor` on, or from its beginning; `next` is null on the last page. */
type PagerProps = { path: (cursor?: string) => string; isLater: boolean; next: string | null };

/** Links through a list that is paged by cursor: back to its beginning, and on to the next page. */
export const Pager: FC<PagerProps> = ({ path, isLater, next }) =>
  isLater || next !== null ? (
    <nav class="pager" aria-label="Pages">
      {isLater ? <a href={path()}>Back to the beginning</a> : null}
      {next === null ? null : (
        <a href={path(next)} rel="next">
          More
        </a>
      )}
    </nav>
  ) : null;

/** A path with the non-empty parts of `query`, in their order: `/admin/licenses?status=active`. */
export function pathWithQuery(path: string, query: Readonly<Record<string, string | null | undefined>>): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value ? [[name, value]] : []));
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}
