import { MONEY_EVENTS, type NameCount } from "../../../domain/figures/usage-history.ts";
import { AREAS } from "../../../platform/usage/message.ts";
import { DayChart, type Series, ShareTable, seriesOf, total } from "../../page/chart/kit.ts";
import { type FC, formatCount, Time } from "../../page/kit.ts";
import { Figures, UnusualSection } from "./figures.tsx";
import { type DashboardData, RANGES, type Range } from "./home.tsx";
import { StandingSection } from "./standing.tsx";

type Props = { data: DashboardData; range: Range; mayReadLicenses: boolean };

/** The dashboard: figures, then charts with their numbers. */
export const DashboardBody: FC<Props> = ({ data, range, mayReadLicenses }) => {
  const { at, history } = data;
  const { days } = history;
  const downloads = seriesOf(history.downloadsByWorker, days);
  const money = seriesOf(history.money, days, MONEY_EVENTS);
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
      <Figures {...data} />
      <section aria-labelledby="downloads">
        <h2 id="downloads">Downloads</h2>
        <DayChart
          id="downloads-chart"
          label={`${sum(downloads)} downloads in ${range} days, by worker`}
          days={days}
          series={downloads}
          empty="Nothing was downloaded. Once a release is published, each download of it counts here."
        />
        {sum(downloads) === "0" ? null : (
          <div class="halves">
            <Shares caption="By version" what="Version" rows={history.downloadsByVersion} />
            <Shares caption="By platform" what="Platform" rows={history.downloadsByPlatform} />
          </div>
        )}
      </section>
      <StandingSection {...data} />
      <section aria-labelledby="money">
        <h2 id="money">Purchases</h2>
        <DayChart
          id="money-chart"
          label={`${money.map((one) => `${formatCount(total(one))} ${one.name}`).join(", ")} in ${range} days`}
          days={days}
          series={money}
          empty="Nothing was bought, renewed, refunded or disputed."
        />
      </section>
      <section aria-labelledby="refusals">
        <h2 id="refusals">Refused attempts</h2>
        <DayChart
          id="refusals-chart"
          label={`${sum(refusals)} refused attempts in ${range} days, by kind`}
          days={days}
          series={refusals}
          empty="No attempt was refused."
        />
        {history.refusalsByCode.length === 0 ? null : (
          <ShareTable
            caption="By code"
            what="Attempt and code"
            counted="Attempts"
            rows={history.refusalsByCode.map(({ name, count }) => {
              const [area = "", code = ""] = name.split(" ");
              return {
                name: (
                  <>
                    {area} <code>{code}</code>
                  </>
                ),
                count,
              };
            })}
            empty="None."
          />
        )}
      </section>
      <UnusualSection uses={data.unusual} mayRead={mayReadLicenses} />
      <p class="quiet">
        As of <Time at={at} clock />; days are UTC. Counts arrive with a delay of some seconds.
      </p>
    </>
  );
};

const sum = (series: readonly Series[]): string => formatCount(series.reduce((all, one) => all + total(one), 0));

const Shares: FC<{ caption: string; what: string; rows: readonly NameCount[] }> = ({ caption, what, rows }) => (
  <div>
    <ShareTable caption={caption} what={what} counted="Downloads" rows={rows} empty="None." />
  </div>
);
