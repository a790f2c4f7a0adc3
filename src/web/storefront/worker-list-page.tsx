import type { WorkerQuery } from "../../domain/catalog/search.ts";
import type { PlanOffer } from "../../domain/purchase/prices.ts";
import { page, SiteHeader } from "../page/kit.ts";
import { priceHint } from "../shop/plan-box.tsx";
import type { AvailableWorker } from "./available-workers.ts";
import { filterPath } from "./filter-path.ts";
import { WorkerCard } from "./worker-card.tsx";
import { WorkerFilter } from "./worker-filter.tsx";

type Content = {
  query: WorkerQuery;
  /** The workers that match it, best first. */
  found: readonly AvailableWorker[];
  offers: readonly PlanOffer[];
  /** This service's own origin. */
  url: string;
};

/** The storefront: what workers are, and those that match the query. */
export function workerListPage({ query, found, offers, url }: Content): Promise<Response> {
  const hint = priceHint(offers);
  const asked = filterPath(query) !== "/";
  return page({
    title: "AI workers for your own machines",
    header: <SiteHeader current="/" />,
    wide: true,
    publicPage: {
      description:
        "Workers run language models on your own CPU, NVIDIA GPU or Mac. Free ones build from source; premium ones come ready to run.",
      url: `${url}/`,
    },
    main: (
      <>
        <h1>AI workers for your own machines</h1>
        <p>
          A worker is the program that an rbee hive runs a language model with, on your CPU, your NVIDIA GPU or your
          Mac. Free workers are open source and build from a recipe; premium workers come ready to run, signed, with a{" "}
          <a href="/plans">license</a> for all your machines.
        </p>
        <WorkerFilter query={query} />
        <p role="status" class="quiet">
          {found.length === 1 ? "1 worker" : `${found.length} workers`}
          {asked ? (
            <>
              {" "}
              for this search · <a href="/">show all</a>
            </>
          ) : null}
        </p>
        {found.length === 0 ? (
          <div class="box">
            <p>
              <strong>No worker matches all of this.</strong>
            </p>
            <p>
              Try fewer words or leave the processor open. On hardware that no GPU worker supports,{" "}
              <a href="/?backend=cpu">workers for any CPU</a> run as well.
            </p>
          </div>
        ) : (
          <ul class="cards">
            {found.map((available) => (
              <WorkerCard available={available} priceHint={hint} />
            ))}
          </ul>
        )}
      </>
    ),
  });
}
