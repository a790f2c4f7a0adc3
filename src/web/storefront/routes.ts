import { type AvailableWorker, readAvailableWorkers } from "../../domain/catalog/available-workers.ts";
import { quickStarts, waysBySystem } from "../../domain/catalog/installation.ts";
import { SearchQuery, searchWorkers, workerQuery } from "../../domain/catalog/search.ts";
import { compareTiers, counterpartOf } from "../../domain/catalog/tier-comparison.ts";
import { readPlanOffers } from "../../domain/purchase/prices.ts";
import { WorkerParams } from "../../domain/workers/request.ts";
import { TIERS, type Tier } from "../../domain/workers/table.ts";
import { findWorker } from "../../domain/workers/workers.ts";
import { inTime } from "../../platform/http/in-time.ts";
import { createRouter, Problem } from "../../platform/http/route.ts";
import { pageRoute } from "../page/kit.ts";
import { priceHint } from "../shop/plan-page.tsx";
import { crawlerRoutes } from "./crawlers.ts";
import { installPage } from "./install-page.tsx";
import { visitorSystem } from "./visitor-system.ts";
import { readDownloadHistory } from "./worker/download-history.tsx";
import { workerPage } from "./worker/worker-page.tsx";
import { workerListPage } from "./worker-list-page.tsx";

/** The time that the page waits for the download counts. It is complete without them. */
const PATIENCE_MILLISECONDS = 500;

/** The public pages (workers and installation) and the files for crawlers. */
export const storefrontRoutes = createRouter();

storefrontRoutes.openapi(
  pageRoute("get", "/", {
    request: { query: SearchQuery },
    summary: "Browse the workers",
    description: "The storefront. It accepts the parameters of `GET /v1/workers`.",
    answers: { 200: "The matching workers, best first." },
  }),
  async (c) => {
    const query = workerQuery(c.req.valid("query"));
    const [available, offers] = await Promise.all([readAvailableWorkers(c.env, c.var.now), readPlanOffers(c)]);
    const all = Array.from(available.values(), ({ worker }) => worker);
    const found = searchWorkers(all, query).flatMap(({ id }) => available.get(id) ?? []);
    const url = c.var.config.PUBLIC_URL;
    const everyone = [...available.values()];
    return workerListPage({
      ...{ query, found, offers, url },
      starts: quickStarts(c.var.service.formats, everyone, url),
      system: visitorSystem(c.req.raw.headers),
      comparison: compareTiers(
        sidesOf(everyone),
        offers.map(({ plan }) => plan),
      ),
    });
  },
);

/** The free and the premium workers of the kinds that both tiers have. */
function sidesOf(all: readonly AvailableWorker[]): Record<Tier, AvailableWorker[]> {
  const isCompared = ({ worker: { kind } }: AvailableWorker): boolean =>
    TIERS.every((tier) => all.some(({ worker }) => worker.tier === tier && worker.kind === kind));
  const of = (tier: Tier) => all.filter((one) => one.worker.tier === tier && isCompared(one));
  return { free: of("free"), premium: of("premium") };
}

storefrontRoutes.openapi(
  pageRoute("get", "/w/{id}", {
    request: { params: WorkerParams },
    summary: "Show a worker",
    description:
      "How to install it, its capabilities and requirements, its versions and files, and the plans of a premium worker.",
    answers: { 200: "The worker's page." },
    leadsTo: "The page of the worker's id, for the name of a variant.",
    refusals: ["WORKER_NOT_FOUND"],
  }),
  async (c) => {
    const { id } = c.req.valid("param");
    const worker = findWorker(id);
    if (!worker) throw new Problem({ code: "WORKER_NOT_FOUND", detail: "The catalog has no worker with this name." });
    if (worker.id !== id) return c.redirect(`/w/${worker.id}`, 303);
    const { now } = c.var;
    const [all, downloads, offers] = await Promise.all([
      readAvailableWorkers(c.env, now),
      inTime(c, readDownloadHistory(c.env.STATISTICS, worker.id, now), PATIENCE_MILLISECONDS, null),
      readPlanOffers(c),
    ]);
    const available = all.get(worker.id);
    if (!available) throw new Error(`${worker.id} is not among the published workers.`);
    const url = c.var.config.PUBLIC_URL;
    const counterpart = counterpartOf(available, all.values());
    const pair = counterpart === null ? [] : [available, counterpart];
    return workerPage({
      ...{ available, counterpart, downloads, url },
      formats: c.var.service.formats,
      offers: worker.tier === "premium" ? offers : [],
      systems: waysBySystem(c.var.service.formats, available, url),
      visitor: visitorSystem(c.req.raw.headers),
      comparison: compareTiers(
        sidesOf(pair),
        offers.map(({ plan }) => plan),
      ),
      priceHint: priceHint(offers),
    });
  },
);

storefrontRoutes.openapi(
  pageRoute("get", "/install", {
    summary: "Read how to install workers",
    answers: { 200: "The ways to install, each with an example." },
  }),
  async (c) => {
    const available = await readAvailableWorkers(c.env, c.var.now);
    return installPage({
      formats: c.var.service.formats,
      available: [...available.values()],
      system: visitorSystem(c.req.raw.headers),
      url: c.var.config.PUBLIC_URL,
    });
  },
);

storefrontRoutes.route("/", crawlerRoutes);
