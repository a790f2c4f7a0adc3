import { readPlanOffers } from "../../../domain/purchase/prices.ts";
import { stripePageOrigins } from "../../../domain/purchase/stripe.ts";
import { WorkerParams } from "../../../domain/workers/request.ts";
import { findWorker } from "../../../domain/workers/workers.ts";
import { currentTime } from "../../../lib/time.ts";
import { inTime } from "../../../platform/http/in-time.ts";
import { type AppEnv, createRoute, type OpenAPIHono, Problem } from "../../../platform/http/route.ts";
import { pageDocs } from "../../page/kit.ts";
import { readAvailableWorkers } from "../available-workers.ts";
import { readDownloadHistory } from "../download-history.ts";
import { workerPage } from "../worker-page.tsx";

/** How long the page waits for its figures. It is whole without them. */
const PATIENCE_MILLISECONDS = 500;

const route = createRoute({
  method: "get",
  path: "/w/{id}",
  request: { params: WorkerParams },
  ...pageDocs({
    summary: "Look at a worker",
    description:
      "How to install it, what it can do and needs, its versions and files, and for premium workers the plans.",
    answers: { 200: "The worker's page." },
    leadsTo: "For a variant's name: the page under the worker's id.",
    refusals: ["WORKER_NOT_FOUND"],
  }),
});

/** Registers `GET /w/{id}`. */
export function registerWorkerPage(router: OpenAPIHono<AppEnv>): void {
  router.openapi(route, async (c) => {
    const { id } = c.req.valid("param");
    const worker = findWorker(id);
    if (!worker) throw new Problem({ code: "WORKER_NOT_FOUND", detail: "The catalog has no worker of this name." });
    if (worker.id !== id) return c.redirect(`/w/${worker.id}`, 303);
    const now = currentTime();
    const [all, downloads, offers] = await Promise.all([
      readAvailableWorkers(c.env, now),
      inTime(c, readDownloadHistory(c.env.DB, worker.id, now), PATIENCE_MILLISECONDS, null),
      worker.tier === "premium" ? readPlanOffers(c) : [],
    ]);
    const available = all.get(worker.id);
    if (!available) throw new Error(`${worker.id} is not among the published workers.`);
    return workerPage({
      available,
      downloads,
      offers,
      url: c.var.config.PUBLIC_URL,
      formTargets: stripePageOrigins(c.var.config),
    });
  });
}
