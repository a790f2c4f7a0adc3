import { readAvailableWorkers } from "../../domain/catalog/available-workers.ts";
import { SearchQuery, searchWorkers, workerQuery } from "../../domain/catalog/search.ts";
import { readPlanOffers } from "../../domain/purchase/prices.ts";
import { stripePageOrigins } from "../../domain/purchase/stripe.ts";
import { WorkerParams } from "../../domain/workers/request.ts";
import { findWorker, workers } from "../../domain/workers/workers.ts";
import { inTime } from "../../platform/http/in-time.ts";
import { createRoute, createRouter, Problem, PUBLIC_CACHE_CONTROL, problems, z } from "../../platform/http/route.ts";
import { GUIDES, guidePath } from "../guides/guides.ts";
import { pageRoute } from "../page/kit.ts";
import { readDownloadHistory } from "./download-history.tsx";
import { installPage } from "./install-page.tsx";
import { workerListPage } from "./worker-list-page.tsx";
import { workerPage } from "./worker-page.tsx";

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
    return workerListPage({ query, found, offers, url: c.var.config.PUBLIC_URL });
  },
);

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

storefrontRoutes.openapi(
  pageRoute("get", "/install", {
    summary: "Read how to install workers",
    answers: { 200: "The ways to install, each with an example." },
  }),
  async (c) => {
    const available = await readAvailableWorkers(c.env, c.var.now);
    return installPage(c.var.service.formats, [...available.values()], c.var.config.PUBLIC_URL);
  },
);

/** The public pages for search engines. */
const PUBLIC_PATHS = [
  ...["/", "/plans", "/install", "/guides"],
  ...GUIDES.map(({ slug }) => guidePath(slug)),
  ...workers.map(({ id }) => `/w/${id}`),
];

/** Private pages, and paths for programs. */
const CLOSED_PATHS = ["/account", "/admin", "/checkout", "/recover", "/emails", "/v1/", "/dl/"];

const file = (path: string, summary: string, type: string, example: string) =>
  createRoute({
    method: "get",
    path,
    tags: ["Pages"],
    summary,
    security: [],
    responses: {
      200: { description: "The file.", content: { [type]: { schema: z.string().openapi({ example }) } } },
      ...problems("INTERNAL_ERROR"),
    },
  });

/** RFC 9309. */
const robots = file("/robots.txt", "Tell crawlers which paths to skip", "text/plain", "User-agent: *\nDisallow: /v1/");
/** sitemaps.org. */
const sitemap = file("/sitemap.xml", "List the public pages for crawlers", "application/xml", '<?xml version="1.0"?>');

storefrontRoutes.openapi(robots, (c) => {
  const closed = CLOSED_PATHS.map((path) => `Disallow: ${path}\n`).join("");
  const text = `User-agent: *\n${closed}\nSitemap: ${c.var.config.PUBLIC_URL}/sitemap.xml\n`;
  return c.body(text, 200, { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": PUBLIC_CACHE_CONTROL });
});

storefrontRoutes.openapi(sitemap, (c) => {
  const places = PUBLIC_PATHS.map((path) => `<url><loc>${c.var.config.PUBLIC_URL}${path}</loc></url>`).join("\n");
  const text = `<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
${places}
</urlset>
`;
  return c.body(text, 200, { "Content-Type": "application/xml", "Cache-Control": PUBLIC_CACHE_CONTROL });
});
