import type { Child, FC } from "hono/jsx";

type Props = {
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
export const DataTable: FC<Props> = ({ caption, quiet = false, columns, numeric = [], rows, empty }) => {
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
