import { readAvailableWorkers } from "../../../domain/catalog/available-workers.ts";
import { SearchQuery, searchWorkers, workerQuery } from "../../../domain/catalog/search.ts";
import { readPlanOffers } from "../../../domain/purchase/prices.ts";
import { stripePageOrigins } from "../../../domain/purchase/stripe.ts";
import { WorkerParams } from "../../../domain/workers/request.ts";
import { findWorker } from "../../../domain/workers/workers.ts";
import { inTime } from "../../../platform/http/in-time.ts";
import { createRoute, createRouter, Problem } from "../../../platform/http/route.ts";
import { pageDocs } from "../../page/kit.ts";
import { readDownloadHistory } from "../download-history.tsx";
import { installPage } from "../install-page.tsx";
import { workerListPage } from "../worker-list-page.tsx";
import { workerPage } from "../worker-page.tsx";

/** The time that the page waits for the download counts. It is complete without them. */
const PATIENCE_MILLISECONDS = 500;

/** `GET /`, `GET /w/{id}` and `GET /install`. */
export const workers = createRouter();

workers.openapi(
  createRoute({
    method: "get",
    path: "/",
    request: { query: SearchQuery },
    ...pageDocs({
      summary: "Browse the workers",
      description: "The storefront. It accepts the parameters of `GET /v1/workers`.",
      answers: { 200: "The matching workers, best first." },
      refusals: ["VALIDATION_FAILED"],
    }),
  }),
  async (c) => {
    const query = workerQuery(c.req.valid("query"));
    const [available, offers] = await Promise.all([readAvailableWorkers(c.env, c.var.now), readPlanOffers(c)]);
    const all = Array.from(available.values(), ({ worker }) => worker);
    const found = searchWorkers(all, query).flatMap(({ id }) => available.get(id) ?? []);
    return workerListPage({ query, found, offers, url: c.var.config.PUBLIC_URL });
  },
);

workers.openapi(
  createRoute({
    method: "get",
    path: "/w/{id}",
    request: { params: WorkerParams },
    ...pageDocs({
      summary: "Show a worker",
      description:
        "How to install it, its capabilities and requirements, its versions and files, and the plans of a premium worker.",
      answers: { 200: "The worker's page." },
      leadsTo: "The page of the worker's id, for the name of a variant.",
      refusals: ["WORKER_NOT_FOUND"],
    }),
  }),
  async (c) => {
    const { id } = c.req.valid("param");
    const worker = findWorker(id);
    if (!worker) throw new Problem({ code: "WORKER_NOT_FOUND", detail: "The catalog has no worker with this name." });
    if (worker.id !== id) return c.redirect(`/w/${worker.id}`, 303);
    const { now } = c.var;
    const [all, downloads, offers] = await Promise.all([
      readAvailableWorkers(c.env, now),
      inTime(c, readDownloadHistory(c.env.DB, worker.id, now), PATIENCE_MILLISECONDS, null),
      worker.tier === "premium" ? readPlanOffers(c) : [],
    ]);
    const available = all.get(worker.id);
    if (!available) throw new Error(`${worker.id} is not among the published workers.`);
    return workerPage({
      formats: c.var.service.formats,
      available,
      downloads,
      offers,
      url: c.var.config.PUBLIC_URL,
      formTargets: stripePageOrigins(c.var.config),
    });
  },
);

workers.openapi(
  createRoute({
    method: "get",
    path: "/install",
    ...pageDocs({
      summary: "Read how to install workers",
      answers: { 200: "The ways to install, each with an example." },
    }),
  }),
  async (c) => {
    const available = await readAvailableWorkers(c.env, c.var.now);
    return installPage(c.var.service.formats, [...available.values()], c.var.config.PUBLIC_URL);
  },
);
