import type { Child, FC } from "hono/jsx";
import { formatCount } from "../format.tsx";
import { DataTable } from "../table.tsx";

type Props = {
  caption: string;
  /** The two headings: for the names, and for their counts. */
  what: string;
  counted: string;
  rows: readonly { name: Child; count: number }[];
  /** Replaces a table without rows. */
  empty: Child;
};

/** A table of counts, each with a bar that shows its share of the largest. */
export const ShareTable: FC<Props> = ({ caption, what, counted, rows, empty }) => {
  const top = Math.max(1, ...rows.map(({ count }) => count));
  return (
    <DataTable
      caption={caption}
      columns={[
        {
          header: what,
          cell: ({ name, count }) => (
            <>
              {name}
              <svg class="share" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
                <rect class="ground" width="100" height="1" />
                <rect class="series-1" width={((count / top) * 100).toFixed(1)} height="1" />
              </svg>
            </>
          ),
        },
        { header: counted, cell: ({ count }) => formatCount(count), numeric: true },
      ]}
      rows={rows}
      empty={empty}
    />
  );
};
