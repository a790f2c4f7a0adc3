import type { AvailableWorker } from "../../domain/catalog/available-workers.ts";
import type { WorkerQuery } from "../../domain/catalog/search.ts";
import type { PlanOffer } from "../../domain/purchase/prices.ts";
import { page, SiteHeader } from "../page/kit.ts";
import { priceHint } from "../shop/plan-box.tsx";
import { WorkerCard } from "./worker-card.tsx";
import { filterPath, WorkerFilter } from "./worker-filter.tsx";

type Content = {
  query: WorkerQuery;
  /** The matching workers, best first. */
  found: readonly AvailableWorker[];
  offers: readonly PlanOffer[];
  /** This service's own origin. */
  url: string;
};

/** The storefront: an introduction and the workers that match the query. */
export function workerListPage({ query, found, offers, url }: Content): Promise<Response> {
  const hint = priceHint(offers);
  const asked = filterPath(query) !== "/";
  return page({
    title: "AI workers for your own machines",
    header: <SiteHeader current="/" />,
    wide: true,
    publicPage: {
      description:
        "Workers run language models on your own CPU, NVIDIA GPU or Mac. Free workers build from source. Premium workers are ready to run.",
      url: `${url}/`,
    },
    main: (
      <>
        <h1>AI workers for your own machines</h1>
        <p>
          A worker is a program that runs a language model for an rbee hive, on your CPU, your NVIDIA GPU or your Mac.
          Free workers are open source and build from a recipe. Premium workers are signed, ready to run, and need a{" "}
          <a href="/plans">license</a>.
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
              Try fewer words, or any processor. If no worker supports your GPU, use a{" "}
              <a href="/?backend=cpu">worker for any CPU</a>.
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
