import type { Child, FC } from "hono/jsx";
import { toRfc3339, type UnixSeconds } from "../../../lib/time.ts";
import { formatCount, formatDate, Time } from "../format.tsx";
import { DataTable } from "../table.tsx";
import { StackedChart } from "./bar-chart.tsx";
import type { Series } from "./series.ts";

/** Of the days under a chart: a year back at most, so that the year need not be said. */
const SHORT = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

/** What stands under a chart along days: when it begins and ends and, between them, how high it is. */
export const DayAxis: FC<{ days: readonly UnixSeconds[]; children?: Child }> = ({ days, children }) => {
  const [first, last] = [days.at(0), days.at(-1)].map((day) =>
    day === undefined ? null : <time datetime={toRfc3339(day)}>{SHORT.format(day * 1000)}</time>,
  );
  return (
    <p class="axis quiet">
      {first}
      <span>{children}</span>
      {last}
    </p>
  );
};

type Props = {
  /** Unique on the page. */
  id: string;
  /** What is shown, in a sentence. */
  label: string;
  days: readonly UnixSeconds[];
  series: readonly Series[];
  /** What is said where there is nothing to show. */
  empty: Child;
};

/** What happened day by day: a chart, and the same as a table that unfolds. */
export const DayChart: FC<Props> = ({ id, label, days, series, empty }) => {
  const sumOf = (place: number) => series.reduce((sum, { values }) => sum + (values[place] ?? 0), 0);
  const eventful = days.map((day, place) => ({ day, place, sum: sumOf(place) })).filter(({ sum }) => sum > 0);
  if (eventful.length === 0) return <p class="empty">{empty}</p>;
  return (
    <>
      <StackedChart id={id} label={label} names={days.map(formatDate)} series={series} />
      <DayAxis days={days}>most on a day: {formatCount(Math.max(...eventful.map(({ sum }) => sum)))}</DayAxis>
      <details>
        <summary>Day by day</summary>
        <DataTable
          caption={label}
          quiet
          columns={[
            { header: "Day", cell: ({ day }) => <Time at={day} /> },
            ...series.map(({ name, values }) => ({
              header: name,
              cell: ({ place }: { place: number }) => formatCount(values[place] ?? 0),
              numeric: true,
            })),
          ]}
          rows={eventful}
          empty={empty}
        />
      </details>
    </>
  );
};
