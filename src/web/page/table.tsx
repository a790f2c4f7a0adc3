import type { Child, FC } from "hono/jsx";

type TableProps = {
  /** What the table holds; read out, and seen unless `quiet`. */
  caption: string;
  /** Whether the caption only repeats a heading above, and need not be seen. */
  quiet?: boolean;
  /** Headings; those whose text is in `numeric` are aligned right. */
  columns: readonly string[];
  numeric?: readonly string[];
  /** As many cells a row as there are columns; the first one names the row. */
  rows: readonly (readonly Child[])[];
  /** What is said instead of a table without rows: why it is empty, and what would fill it. */
  empty: Child;
};

/** A table. Where the window is too narrow for it, one of texts becomes a list of its rows, and one of numbers scrolls by itself. */
export const DataTable: FC<TableProps> = ({ caption, quiet = false, columns, numeric = [], rows, empty }) => {
  if (rows.length === 0) return <p class="empty">{empty}</p>;
  const alignment = columns.map((column) => (numeric.includes(column) ? "number" : undefined));
  const isOfTexts = alignment.slice(1).includes(undefined);
  return (
    <section class={isOfTexts ? "scroll rows" : "scroll"} aria-label={caption} tabindex={0}>
      <table>
        <caption class={quiet ? "unseen" : undefined}>{caption}</caption>
        <thead>
          <tr>
            {columns.map((column, index) => (
              <th scope="col" class={alignment[index]}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells) => (
            <tr>
              {cells.map((cell, index) =>
                index === 0 ? (
                  <th scope="row">{cell}</th>
                ) : (
                  <td class={alignment[index]} data-column={columns[index]}>
                    {cell}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
};

/** Links through a list that pages by cursor: to its beginning, unless this is it (null), and to what follows, if anything. */
export const Pager: FC<{ first: string | null; next: string | null }> = ({ first, next }) =>
  first === null && next === null ? null : (
    <nav class="pager" aria-label="Pages">
      {first === null ? null : <a href={first}>Back to the beginning</a>}
      {next === null ? null : (
        <a href={next} rel="next">
          More
        </a>
      )}
    </nav>
  );

/** A path with those of `query` that say something, in their order: `/admin/licenses?status=active`. */
export function pathWithQuery(path: string, query: Readonly<Record<string, string | null | undefined>>): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value ? [[name, value]] : []));
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}
