import type { Child, FC } from "hono/jsx";
import type { UnixSeconds } from "../../../lib/time.ts";
import { DataTable } from "../../page/data-table.tsx";
import { DayAxis } from "../../page/day-axis.tsx";
import { formatCount } from "../../page/quantity.ts";
import type { Series } from "../../page/series.ts";
import { StackedChart } from "../../page/stacked-chart.tsx";
import { formatDate, Time } from "../../page/time.tsx";

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
  const names = series.map(({ name }) => name);
  return (
    <>
      <StackedChart id={id} label={label} names={days.map(formatDate)} series={series} />
      <DayAxis days={days}>most on a day: {formatCount(Math.max(...eventful.map(({ sum }) => sum)))}</DayAxis>
      <details>
        <summary>Day by day</summary>
        <DataTable
          caption={label}
          quiet
          columns={["Day", ...names]}
          numeric={names}
          rows={eventful.map(({ day, place }) => [
            <Time at={day} />,
            ...series.map(({ values }) => formatCount(values[place] ?? 0)),
          ])}
          empty={empty}
        />
      </details>
    </>
  );
};
