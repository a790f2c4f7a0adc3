import { BarChart, DayAxis } from "../page/chart/kit.ts";
import { DataTable, type FC, formatCount, formatDate, Time } from "../page/kit.ts";
import type { DownloadDay } from "./download-history.ts";

/** How often a worker was downloaded of late, as a picture and as a table. */
export const DownloadSection: FC<{ days: readonly DownloadDay[] }> = ({ days }) => {
  const total = days.reduce((sum, { count }) => sum + count, 0);
  const label = `${formatCount(total)} ${total === 1 ? "download" : "downloads"} in the last ${days.length} days`;
  return (
    <section aria-labelledby="downloads">
      <h2 id="downloads">Downloads</h2>
      <p>{label}.</p>
      {total === 0 ? null : (
        <>
          <BarChart label={label} bars={days.map(({ day, count }) => ({ name: formatDate(day), value: count }))} />
          <DayAxis days={days.map(({ day }) => day)}>
            most on a day: {formatCount(Math.max(...days.map(({ count }) => count)))}
          </DayAxis>
          <details>
            <summary>Day by day</summary>
            <DataTable
              caption={label}
              quiet
              columns={[
                { header: "Day", cell: ({ day }) => <Time at={day} /> },
                { header: "Downloads", cell: ({ count }) => formatCount(count), numeric: true },
              ]}
              rows={days.filter(({ count }) => count > 0)}
              empty="None."
            />
          </details>
        </>
      )}
    </section>
  );
};
