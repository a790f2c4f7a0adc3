import { startOfDay, type UnixSeconds } from "../../../lib/time.ts";
import { AreaChart, DayAxis } from "../../page/chart/kit.ts";
import { DataTable, type FC, formatCount, formatDate, Time } from "../../page/kit.ts";
import type { DashboardData } from "./data.ts";

type Level = { day: UnixSeconds; active: number; machines: number };

/** Licenses in force and activated machines, day by day until now. */
export const StandingSection: FC<Pick<DashboardData, "at" | "standings" | "history">> = ({
  at,
  standings,
  history: { days, standings: kept },
}) => {
  const today = startOfDay(at);
  const levels: Level[] = [
    ...kept.filter(({ day }) => day < today),
    { day: today, active: standings.active, machines: standings.machines },
  ];
  return (
    <section aria-labelledby="standings">
      <h2 id="standings">Licenses and machines</h2>
      <div class="halves">
        <LevelChart title="Licenses in force" levels={levels} days={days} levelOf={({ active }) => active} />
        <LevelChart title="Activated machines" levels={levels} days={days} levelOf={({ machines }) => machines} />
      </div>
      <details>
        <summary>Day by day</summary>
        <DataTable
          caption="Licenses in force and activated machines"
          quiet
          columns={[
            { header: "Day", cell: ({ day }) => <Time at={day} /> },
            { header: "In force", cell: ({ active }) => formatCount(active), numeric: true },
            { header: "Machines", cell: ({ machines }) => formatCount(machines), numeric: true },
          ]}
          rows={levels}
          empty="There are no counts yet."
        />
      </details>
    </section>
  );
};

const LevelChart: FC<{
  title: string;
  levels: readonly Level[];
  days: readonly UnixSeconds[];
  levelOf: (level: Level) => number;
}> = ({ title, levels, days, levelOf }) => {
  const now = levelOf(levels.at(-1) ?? { day: 0, active: 0, machines: 0 });
  return (
    <div>
      <h3>
        {title}: {formatCount(now)}
      </h3>
      {levels.length < 2 ? (
        <p class="empty">Counted each day at 00:00 UTC. The chart starts tomorrow.</p>
      ) : (
        <>
          <AreaChart
            label={`${title}, ${formatCount(now)} now`}
            points={levels.map((level) => ({
              at: days.indexOf(level.day) / Math.max(1, days.length - 1),
              name: formatDate(level.day),
              value: levelOf(level),
            }))}
          />
          <DayAxis days={days}>highest: {formatCount(Math.max(...levels.map(levelOf)))}</DayAxis>
        </>
      )}
    </div>
  );
};
