import type { Child, FC } from "hono/jsx";
import { formatCount } from "../format.tsx";
import { DataTable } from "../table.tsx";

type Props = {
  caption: string;
  /** What the rows are, and what is counted of them: the headings. */
  what: string;
  counted: string;
  rows: readonly { name: Child; count: number }[];
  /** What is said instead of a table without rows. */
  empty: Child;
};

/** Counts with a bar for each, so that their shares are seen and their numbers read in one place. */
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
