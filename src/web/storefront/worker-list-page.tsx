import type { AvailableWorker } from "../../domain/catalog/available-workers.ts";
import type { InstallSystem } from "../../domain/catalog/install-systems.ts";
import type { QuickStart } from "../../domain/catalog/installation.ts";
import type { WorkerQuery } from "../../domain/catalog/search.ts";
import type { ComparisonRow } from "../../domain/catalog/tier-comparison.ts";
import type { PlanOffer } from "../../domain/purchase/prices.ts";
import type { Kind, Tier } from "../../domain/workers/table.ts";
import { ButtonLink, CardGrid, type FC, page, Section, SiteHeader } from "../page/kit.ts";
import { priceHint } from "../shop/plan-page.tsx";
import { Comparison } from "./comparison.tsx";
import { QuickStartTabs } from "./hero.tsx";
import { isComingSoon } from "./words.ts";
import { WorkerCard } from "./worker-card.tsx";
import { filterPath, WorkerFilter } from "./worker-filter.tsx";

type Content = {
  query: WorkerQuery;
  /** The matching workers, best first. */
  found: readonly AvailableWorker[];
  starts: readonly QuickStart[];
  /** The visitor's system. */
  system: InstallSystem;
  /** Free beside premium. */
  comparison: readonly ComparisonRow[];
  offers: readonly PlanOffer[];
  /** This service's own origin. */
  url: string;
};

/** The storefront: what workers are, how to get one, those that match the query, and free beside premium. */
export function workerListPage({ query, found, starts, system, comparison, offers, url }: Content): Promise<Response> {
  const hint = priceHint(offers);
  const isSearch = filterPath(query) !== "/";
  return page({
    title: "AI workers for your own machines",
    header: <SiteHeader current="/" />,
    wide: true,
    publicPage: {
      description:
        "Inference engines for rbee hives: run language and image models on your own CPU, NVIDIA, AMD or Apple GPU. Free and open source, or premium signed binaries.",
      url: `${url}/`,
    },
    main: (
      <>
        {isSearch ? (
          <h1>Workers</h1>
        ) : (
          <div class="hero">
            <div>
              <h1>AI workers for your own machines</h1>
              <p class="lead">
                Workers are the inference engines that rbee hives run: language and image models on your own CPU or GPU.
                Free from source, or premium and ready to run.
              </p>
              <p class="row">
                <ButtonLink href="#workers">Browse workers</ButtonLink>
                <ButtonLink href="/plans" tone="secondary">
                  See plans
                </ButtonLink>
              </p>
            </div>
            <QuickStartTabs starts={starts} system={system} level={2} />
          </div>
        )}
        <section aria-labelledby="workers">
          <h2 id="workers" class={isSearch ? "unseen" : undefined}>
            {isSearch ? "Results" : "Workers"}
          </h2>
          <WorkerFilter query={query} found={found.length} />
          {found.length === 0 ? (
            <div class="box">
              <p>
                <strong>No workers match these filters</strong>
              </p>
              <p>
                Remove a filter, or <a href="/">show all workers</a>. No supported GPU?{" "}
                <a href="/?backend=cpu">CPU workers run anywhere</a>.
              </p>
            </div>
          ) : (
            <WorkerGroups found={found} isSearch={isSearch} priceHint={hint} />
          )}
        </section>
        {isSearch || comparison.length === 0 ? null : (
          <Section
            title="Free or premium?"
            id="premium"
            lead={
              <>
                Premium workers are prebuilt, signed binaries. One license covers several machines.{" "}
                <a href="/plans">See plans</a>
              </>
            }
            sided
          >
            <Comparison caption="Free and premium workers that generate text" rows={comparison} priceHint={hint} />
          </Section>
        )}
      </>
    ),
  });
}

/** The groups of the whole list, each with its heading. */
const GROUPS: readonly { title: string; tier: Tier; kind: Kind }[] = [
  { title: "Premium, for text", tier: "premium", kind: "llm" },
  { title: "Premium, for images", tier: "premium", kind: "image" },
  { title: "Free, for text", tier: "free", kind: "llm" },
  { title: "Free, for images", tier: "free", kind: "image" },
];

type GroupsProps = { found: readonly AvailableWorker[]; isSearch: boolean; priceHint: string | null };

/** The result of a search in its order; the whole list by tier and kind, with groups that nobody can have yet last. */
const WorkerGroups: FC<GroupsProps> = ({ found, isSearch, priceHint }) => {
  const cards = (workers: readonly AvailableWorker[]) =>
    workers.map((available) => <WorkerCard available={available} priceHint={priceHint} />);
  if (isSearch) return <CardGrid>{cards(found)}</CardGrid>;
  const groups = GROUPS.map(({ title, tier, kind }) => ({
    title,
    workers: found.filter(({ worker }) => worker.tier === tier && worker.kind === kind),
  })).filter(({ workers }) => workers.length > 0);
  const isLate = ({ workers }: (typeof groups)[number]): boolean => workers.every(isComingSoon);
  return (
    <>
      {[...groups.filter((group) => !isLate(group)), ...groups.filter(isLate)].map(({ title, workers }) => (
        <div class="group">
          <h2>{title}</h2>
          <div class="cards">{cards(workers)}</div>
        </div>
      ))}
    </>
  );
};
