import { publicCors } from "../../platform/http/origin.ts";
import { createRouter } from "../../platform/http/router.ts";
import { workerList } from "./routes/documents.ts";
import { workerRead } from "./routes/worker-read.ts";
import { workerRecipe } from "./routes/worker-recipe.ts";
import { workerSearch } from "./routes/search.ts";

/**
 * The public catalog. It needs no store to answer: the free workers stay installable whatever happens to what is sold. Below `/v1/workers/{id}` other rooms answer, by their own rules.
 */
export const catalogRoutes = createRouter();
catalogRoutes.use("/workers/*", publicCors);
catalogRoutes.use("/v1/workers", publicCors);
catalogRoutes.use("/v1/workers/:id", publicCors);
catalogRoutes.route("/", workerList);
catalogRoutes.route("/", workerRead);
catalogRoutes.route("/", workerRecipe);
catalogRoutes.route("/", workerSearch);
