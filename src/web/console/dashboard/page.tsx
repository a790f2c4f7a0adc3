import { MONEY_EVENTS, type NameCount } from "../../../domain/figures/usage.ts";
import { type ActVolume, actorIdOf, readActVolumes, unusualVolumes } from "../../../platform/identity/act-volume.ts";
import { AREAS } from "../../../platform/usage/message.ts";
import { DayChart, type Series, ShareTable, seriesOf, total } from "../../page/chart/kit.ts";
import { type Child, type FC, formatCount, Notice, Time } from "../../page/kit.ts";
import { type Names, readNames } from "../audit/names.ts";
import { type ConsoleContext, consolePage, consoleView, firstPart, may, z } from "../kit.ts";
import { type RevenueNow, RevenueSection, readRevenueNow } from "../money/revenue-now.tsx";
import { Attention } from "./attention.tsx";
import { type DashboardData, RANGES, type Range, readDashboard } from "./data.ts";
import { Figures, StandingSection, UnusualSection } from "./figures.tsx";

export const home = consoleView(
  "/admin",
  {
    scope: null,
    query: z.object({
      days: z
        .enum(RANGES)
        .default(RANGES[0])
        .openapi({ description: "The number of days in the charts.", example: "30" }),
    }),
    summary: "Show the dashboard of the console",
    description: "Charts of downloads, licenses, machines, purchases and refusals, at most a minute old.",
    answers: { 200: "The dashboard, for admins with `stats:read`." },
    leadsTo: "For other admins: the first part of the console that they may see.",
  },
  async (c, { days }) => {
    if (!may(c, "stats:read")) return c.redirect(firstPart(c), 303);
    const data = await readDashboard(c.env, days, c.var.now);
    const volumes = unusualVolumes(await readActVolumes(c.env.DB, c.var.now), c.var.config.ACT_LIMITS);
    const unusual = await Promise.all(volumes.map(async (one) => ({ ...one, actor: await actorIdOf(one.actor) })));
    const revenue = may(c, "money:read") ? await readRevenueNow(c) : null;
    const names = await readNames(
      c,
      unusual.map(({ actor }) => actor),
    );
    return consolePage(c, {
      title: "Dashboard",
      main: <DashboardBody c={c} data={data} range={days} volumes={unusual} names={names} revenue={revenue} />,
    });
  },
);

type Props = {
  c: ConsoleContext;
  data: DashboardData;
  range: Range;
  /** The acts that an admin does unusually often today. */
  volumes: readonly ActVolume[];
  names: Names;
  /** Null for an admin who may not see money. */
  revenue: RevenueNow | null;
};

/** The dashboard: money, things that need a person, figures, then charts with their numbers. */
const DashboardBody: FC<Props> = ({ c, data, range, volumes, names, revenue }) => {
  const { at, days, history } = data;
  const downloads = seriesOf(history.downloadsByWorker, days);
  const money = seriesOf(data.money, days, MONEY_EVENTS);
  const refusals = seriesOf(history.refusalsByArea, days, AREAS);
  return (
    <>
      <div class="row spread">
        <h1>Dashboard</h1>
        <nav class="row" aria-label="Range">
          {RANGES.map((one) => (
            <a href={`/admin?days=${one}`} aria-current={one === range ? "page" : undefined}>
              {one} days
            </a>
          ))}
        </nav>
      </div>
      {data.isComplete ? null : (
        <Notice tone="careful" title="The statistics do not answer">
          Downloads, refused attempts and places of use are missing here. Licenses, purchases and downloads themselves
          are not affected.
        </Notice>
      )}
      {revenue === null ? null : <RevenueSection {...revenue} now={c.var.now} />}
      <Attention c={c} facts={{ ...data, volumes, names }} />
      <Figures {...data} />
      <ChartSection
        id="downloads"
        title="Downloads"
        label={`${sum(downloads)} downloads in ${range} days, by worker`}
        days={days}
        series={downloads}
        empty="Nothing was downloaded. Once a release is published, each download of it counts here."
      >
        {sum(downloads) === "0" ? null : (
          <div class="halves">
            <Shares caption="By version" of="Version" rows={history.downloadsByVersion} />
            <Shares caption="By platform" of="Platform" rows={history.downloadsByPlatform} />
          </div>
        )}
      </ChartSection>
      <StandingSection {...data} />
      <ChartSection
        id="money"
        title="Purchases"
        label={`${money.map((one) => `${formatCount(total(one))} ${one.name}`).join(", ")} in ${range} days`}
        days={days}
        series={money}
        empty="Nothing was bought, renewed, refunded or disputed."
      />
      <ChartSection
        id="refusals"
        title="Refused attempts"
        label={`${sum(refusals)} refused attempts in ${range} days, by kind`}
        days={days}
        series={refusals}
        empty="No attempt was refused."
      >
        {history.refusalsByCode.length === 0 ? null : (
          <ShareTable
            caption="By code"
            what="Attempt and code"
            counted="Attempts"
            rows={history.refusalsByCode.map(({ name, count }) => {
              const [area = "", code = ""] = name.split(" ");
              return { name: [area, " ", <code>{code}</code>], count };
            })}
          />
        )}
      </ChartSection>
      <UnusualSection uses={data.unusual} mayRead={may(c, "licenses:read")} />
      <p class="quiet">
        As of <Time at={at} clock />; days are UTC. Counts arrive with a delay of some seconds.
      </p>
    </>
  );
};

const sum = (series: readonly Series[]): string => formatCount(series.reduce((all, one) => all + total(one), 0));

type SectionProps = Parameters<typeof DayChart>[0] & { title: string; children?: Child };

const ChartSection: FC<SectionProps> = ({ id, title, children, ...chart }) => (
  <section aria-labelledby={id}>
    <h2 id={id}>{title}</h2>
    <DayChart id={`${id}-chart`} {...chart} />
    {children}
  </section>
);

const Shares: FC<{ caption: string; of: string; rows: readonly NameCount[] }> = ({ caption, of, rows }) => (
  <div>
    <ShareTable caption={caption} what={of} counted="Downloads" rows={rows} />
  </div>
);
