import { UNUSUAL_DAYS, type UnusualUse } from "../../../domain/figures/usage.ts";
import { startOfDay, type UnixSeconds } from "../../../lib/time.ts";
import { AreaChart, DayAxis } from "../../page/chart/kit.ts";
import { DataTable, type FC, formatCount, formatDate, Stat, Time } from "../../page/kit.ts";
import { licensePath } from "../license/words.tsx";
import type { DashboardData } from "./data.ts";

/** The figures below the money: licenses, machines, downloads and refusals. */
export const Figures: FC<DashboardData> = ({ days: { length: days }, standings, history }) => {
  const downloads = sumOf(history.downloadsByPlatform);
  const refused = sumOf(history.refusalsByCode);
  const { active, suspended, expired, revoked, machines } = standings;
  return (
    <div class="figures">
      <Stat
        label="Licenses in force"
        value={active}
        hint={`${formatCount(suspended)} on hold, ${formatCount(expired)} ended, ${formatCount(revoked)} revoked`}
      />
      <Stat label="Activated machines" value={machines} />
      <Stat
        label={`Downloads in ${days} days`}
        value={downloads}
        hint={change(downloads, history.downloadsBefore, days)}
      />
      <Stat label={`Refused attempts in ${days} days`} value={refused} />
    </div>
  );
};

const sumOf = (counts: readonly { count: number }[]): number => counts.reduce((sum, { count }) => sum + count, 0);

/** Compares a count with the same number of days before. */
function change(now: number, before: number, days: number): string {
  if (before === 0) return now === 0 ? "" : `None in the ${days} days before.`;
  const percent = Math.round(((now - before) / before) * 100);
  if (percent === 0) return `As many as in the ${days} days before.`;
  return `${formatCount(Math.abs(percent))} % ${percent > 0 ? "more" : "fewer"} than in the ${days} days before.`;
}

const REGIONS = new Intl.DisplayNames("en", { type: "region", fallback: "code" });

/** A country's name by its code. Cloudflare uses `T1` for Tor and `XX` for an unknown country. */
function countryName(code: string): string {
  if (code === "T1") return "Tor";
  return /^[A-Z]{2}$/.test(code) && code !== "XX" ? (REGIONS.of(code) ?? code) : "unknown";
}

/** The names of the first six countries, and the number of the others. */
const countryNames = (codes: readonly string[]): string =>
  codes.slice(0, 6).map(countryName).join(", ") + (codes.length > 6 ? ` and ${codes.length - 6} more` : "");

/** Licenses used in unusually many places, so their keys may be shared. `mayRead`: whether owners are named. */
export const UnusualSection: FC<{ uses: readonly UnusualUse[]; mayRead: boolean }> = ({ uses, mayRead }) => (
  <section aria-labelledby="unusual">
    <h2 id="unusual">Used from unusually many places</h2>
    <p>
      Used within {UNUSUAL_DAYS} days from more than three countries, or from more networks than five or half of its
      machines. Could be travel, or a shared key. Ask the owner before you rotate it.
    </p>
    <DataTable
      caption="Licenses used from unusually many places"
      quiet
      columns={[
        {
          header: "License",
          cell: ({ license_id: id, email }) => (mayRead ? <a href={licensePath(id)}>{email}</a> : id),
        },
        { header: "Countries", cell: ({ countries }) => countries, numeric: true },
        { header: "Networks", cell: ({ networks }) => networks, numeric: true },
        { header: "Machines allowed", cell: ({ machine_limit }) => machine_limit, numeric: true },
        { header: "Names of countries", cell: ({ names }) => countryNames(names) },
      ]}
      rows={uses}
      empty="None."
    />
  </section>
);

type Level = { day: UnixSeconds; active: number; machines: number };

/** Licenses in force and activated machines, day by day until now. */
export const StandingSection: FC<DashboardData> = ({ at, days, standings: now, history: { standings: kept } }) => {
  const today = startOfDay(at);
  const past = kept.filter(({ day }) => day < today);
  const levels: Level[] = [...past, { day: today, active: now.active, machines: now.machines }];
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
            { header: "In force", cell: ({ active }) => active, numeric: true },
            { header: "Machines", cell: ({ machines }) => machines, numeric: true },
          ]}
          rows={levels}
          empty="There are no counts yet."
        />
      </details>
    </section>
  );
};

type LevelProps = {
  title: string;
  levels: readonly Level[];
  days: readonly UnixSeconds[];
  levelOf: (level: Level) => number;
};

const LevelChart: FC<LevelProps> = ({ title, levels, days, levelOf }) => {
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
