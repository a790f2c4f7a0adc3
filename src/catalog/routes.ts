import { type AppContext, createRouter } from "../http/app.ts";
import { publicCors } from "../http/cors.ts";
import { Problem } from "../http/problem.ts";
import { workerList } from "./routes/worker-list.ts";
import { workerRead } from "./routes/worker-read.ts";
import { workerRecipe } from "./routes/worker-recipe.ts";
import { workerSearch } from "./routes/worker-search.ts";

/**
 * The bodies that are made once per isolate, answered whole: mounted before every middleware, because those would take
 * longer than the answer. Nothing of the catalog reads D1, KV or R2: the free workers stay installable whatever happens
 * to what is sold.
 */
export const catalogDocumentRoutes = createRouter();
catalogDocumentRoutes.route("/", workerList);
catalogDocumentRoutes.route("/", workerRead);
catalogDocumentRoutes.route("/", workerRecipe);

const WORKER_PATHS = ["/workers/:id", "/workers/:id/PKGBUILD", "/workers/:id/.SRCINFO", "/v1/workers/:id"];

/** The rest of the public catalog: search, preflights, and the refusal of a worker that does not exist. */
export const catalogRoutes = createRouter();
for (const path of ["/workers", "/v1/workers", ...WORKER_PATHS]) catalogRoutes.use(path, publicCors);
catalogRoutes.on("GET", WORKER_PATHS, refuseUnknownWorker);
catalogRoutes.route("/", workerSearch);

/** Known workers have been answered by `catalogDocumentRoutes`. */
function refuseUnknownWorker(_: AppContext): never {
  throw new Problem({
    code: "WORKER_NOT_FOUND",
    detail: "The catalog has no such worker; GET /workers lists them all.",
  });
}
