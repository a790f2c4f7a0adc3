import { findWorker } from "../../../domain/workers/workers.ts";
import { type AppContext, createRoute, createRouter, Problem, problems, z } from "../../../platform/http/route.ts";

/**
 * The AUR's and cgit's pages for people. Helpers print their addresses, and AUR users know them by heart. They lead to
 * the page of the worker, which has its versions and its recipe.
 */
export const aurPages = createRouter();

/** Adds a route with and without a slash at its end, as the AUR and cgit have it. */
function redirect(path: string, { summary, params, query, to }: Redirect): void {
  const route = createRoute({
    method: "get",
    path,
    tags: ["Pages"],
    summary,
    security: [],
    request: { ...(params && { params }), ...(query && { query }) },
    responses: {
      303: {
        description: "The page.",
        headers: z.object({ Location: z.string().openapi({ example: "/w/llm-worker-rbee-cpu" }) }),
      },
      ...problems("WORKER_NOT_FOUND"),
    },
  });
  aurPages.openAPIRegistry.registerPath(route);
  const address = route.getRoutingPath();
  aurPages.on("GET", [address, `${address}/`], (c) => c.redirect(to(c), 303));
}

type Redirect = {
  summary: string;
  params?: z.ZodObject;
  query?: z.ZodObject;
  /** The path of the page. Throws WORKER_NOT_FOUND. */
  to(c: AppContext): string;
};

/** The page of the worker that is named. Throws WORKER_NOT_FOUND. */
function pageOf(name: string | undefined): string {
  const worker = findWorker(name ?? "");
  if (worker) return `/w/${worker.id}`;
  throw new Problem({ code: "WORKER_NOT_FOUND", detail: "The catalog has no worker with this name." });
}

const name = z.string().openapi({ description: "The package.", example: "llm-worker-rbee-cpu" });

for (const path of ["/packages/{name}", "/pkgbase/{name}"]) {
  redirect(path, {
    summary: "Show a package at its address in the AUR",
    params: z.object({ name }),
    to: (c) => pageOf(c.req.param("name")),
  });
}

redirect("/packages", {
  summary: "Search the packages at the AUR's address",
  query: z.object({ K: z.string().optional().openapi({ description: "The search term.", example: "cuda" }) }),
  to: (c) => {
    const sought = (c.req.query("K") ?? "").trim().slice(0, LONGEST_SEARCH);
    return sought === "" ? "/" : `/?${new URLSearchParams({ q: sought })}`;
  },
});

/** In characters. The storefront refuses a longer search. */
const LONGEST_SEARCH = 200;

const view = z.string().openapi({ description: "A page of cgit, such as `log` or `tree`.", example: "log" });
const file = z.string().openapi({ description: "A file of the package.", example: "PKGBUILD" });
const query = z.object({
  h: z.string().optional().openapi({ description: "The package.", example: "llm-worker-rbee-cpu" }),
});

for (const [path, params] of [
  ["/cgit/aur.git", undefined],
  ["/cgit/aur.git/{view}", z.object({ view })],
  ["/cgit/aur.git/{view}/{file}", z.object({ view, file })],
] as const) {
  redirect(path, {
    summary: "Show a package at its address in cgit",
    query,
    ...(params && { params }),
    to: (c) => {
      const wanted = c.req.query("h");
      return wanted === undefined && params === undefined ? "/" : pageOf(wanted);
    },
  });
}
