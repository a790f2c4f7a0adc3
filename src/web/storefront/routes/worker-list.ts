import { SearchQuery, workerQuery } from "../../../domain/catalog/routes/search.ts";
import { searchWorkers } from "../../../domain/catalog/search.ts";
import { readPlanOffers } from "../../../domain/purchase/prices.ts";
import { currentTime } from "../../../lib/time.ts";
import { type AppEnv, createRoute, type OpenAPIHono } from "../../../platform/http/route.ts";
import { pageDocs } from "../../page/kit.ts";
import { readAvailableWorkers } from "../available-workers.ts";
import { workerListPage } from "../worker-list-page.tsx";

const route = createRoute({
  method: "get",
  path: "/",
  request: { query: SearchQuery },
  ...pageDocs({
    summary: "Browse the workers",
    description: "The storefront. It takes the parameters of `GET /v1/workers`, so a search can be shared.",
    answers: { 200: "The workers that match, best first." },
    refusals: ["VALIDATION_FAILED"],
  }),
});

/** Registers `GET /`. */
export function registerWorkerList(router: OpenAPIHono<AppEnv>): void {
  router.openapi(route, async (c) => {
    const query = workerQuery(c.req.valid("query"));
    const [available, offers] = await Promise.all([readAvailableWorkers(c.env, currentTime()), readPlanOffers(c)]);
    const workers = Array.from(available.values(), ({ worker }) => worker);
    const found = searchWorkers(workers, query).flatMap(({ id }) => available.get(id) ?? []);
    return workerListPage({ query, found, offers, url: c.var.config.PUBLIC_URL });
  });
}
