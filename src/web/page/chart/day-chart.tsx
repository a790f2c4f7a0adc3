import type { Child, FC } from "hono/jsx";
import { toRfc3339, type UnixSeconds } from "../../../lib/time.ts";
import { formatCount, formatDate, Time } from "../format.tsx";
import { DataTable } from "../table.tsx";
import { StackedChart } from "./charts.tsx";
import type { Series } from "./series.ts";

/** A day under a chart. Charts show a year at most, so the year is left out. */
const SHORT = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

/** The line under a chart of days: the first day, the children (usually the highest value), and the last day. */
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
  /** The chart's main message in a sentence. */
  label: string;
  days: readonly UnixSeconds[];
  series: readonly Series[];
  /** Replaces the chart if there is nothing to show. */
  empty: Child;
};

/** Counts by day: a stacked chart, and below it the same numbers as a table that unfolds. */
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
              cell: ({ place }: { place: number }) => values[place] ?? 0,
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
