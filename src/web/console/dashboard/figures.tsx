import { UNUSUAL_DAYS, type UnusualUse } from "../../../domain/figures/unusual-use.ts";
import { type Child, counted, DataTable, type FC, formatCount, type Tone } from "../../page/kit.ts";
import { licensePath } from "../license/words.tsx";
import { troubles } from "../system/data.ts";
import type { DashboardData } from "./home.tsx";

/** The figures that the dashboard begins with. */
export const Figures: FC<DashboardData> = ({ at, standings, history, backlog }) => {
  const downloads = history.downloadsByPlatform.reduce((sum, { count }) => sum + count, 0);
  const refused = history.refusalsByCode.reduce((sum, { count }) => sum + count, 0);
  const days = history.days.length;
  const trouble = troubles(backlog, at);
  return (
    <ul class="figures">
      <Figure value={standings.active} name={standings.active === 1 ? "license in force" : "licenses in force"}>
        {counted(standings.suspended, "license")} on hold, {formatCount(standings.expired)} ended,{" "}
        {formatCount(standings.revoked)} revoked
      </Figure>
      <Figure value={standings.machines} name={standings.machines === 1 ? "activated machine" : "activated machines"} />
      <Figure value={downloads} name={downloads === 1 ? `download in ${days} days` : `downloads in ${days} days`}>
        {change(downloads, history.downloadsBefore, days)}
      </Figure>
      <Figure value={refused} name={`refused attempts in ${days} days`} />
      <Figure
        value={trouble.length}
        name={trouble.length === 1 ? "thing to look at" : "things to look at"}
        tone={trouble.length === 0 ? "good" : "careful"}
      >
        {trouble.length === 0 ? "Everything is handled, sent and published." : `${trouble.join("; ")}.`}{" "}
        <a href="/admin/system">System</a>
      </Figure>
    </ul>
  );
};

const Figure: FC<{ value: number; name: string; tone?: Tone; children?: Child }> = ({
  value,
  name,
  tone,
  children,
}) => (
  <li class={tone === undefined ? "box" : `box ${tone}`}>
    <p>
      <strong>{formatCount(value)}</strong> {name}
    </p>
    {children ? <p class="quiet">{children}</p> : null}
  </li>
);

/** How a count compares with the same number of days before. */
function change(now: number, before: number, days: number): string {
  if (before === 0) return now === 0 ? "" : `None in the ${days} days before.`;
  const percent = Math.round(((now - before) / before) * 100);
  if (percent === 0) return `As many as in the ${days} days before.`;
  return `${formatCount(Math.abs(percent))} % ${percent > 0 ? "more" : "fewer"} than in the ${days} days before.`;
}

type Props = {
  uses: readonly UnusualUse[];
  /** Whether the visitor may see whose a license is. */
  mayRead: boolean;
};

const REGIONS = new Intl.DisplayNames("en", { type: "region", fallback: "code" });

/** A country's name; `T1` is what the platform calls Tor, `XX` what it does not know. */
function countryName(code: string): string {
  if (code === "T1") return "Tor";
  return /^[A-Z]{2}$/.test(code) && code !== "XX" ? (REGIONS.of(code) ?? code) : "unknown";
}

/** The first six countries by name, and how many more there are. */
const countryNames = (codes: readonly string[]): string =>
  codes.slice(0, 6).map(countryName).join(", ") + (codes.length > 6 ? ` and ${codes.length - 6} more` : "");

/** The licenses whose keys may have been passed on. */
export const UnusualSection: FC<Props> = ({ uses, mayRead }) => (
  <section aria-labelledby="unusual">
    <h2 id="unusual">Used from unusually many places</h2>
    <p>
      Licenses that in {UNUSUAL_DAYS} days were used from more than three countries, or from more networks than five or
      half of their machines. Somebody may travel; or the key has been passed on. Ask its owner before you replace it.
    </p>
    <DataTable
      caption="Licenses used from unusually many places"
      quiet
      columns={[
        {
          header: "License",
          cell: ({ license_id, email }) => (mayRead ? <a href={licensePath(license_id)}>{email}</a> : license_id),
        },
        { header: "Countries", cell: ({ countries }) => formatCount(countries), numeric: true },
        { header: "Networks", cell: ({ networks }) => formatCount(networks), numeric: true },
        { header: "Machines allowed", cell: ({ machine_limit }) => formatCount(machine_limit), numeric: true },
        { header: "Which countries", cell: ({ names }) => countryNames(names) },
      ]}
      rows={uses}
      empty="None is."
    />
  </section>
);
