import { combine, createRouter, publicCors } from "../../platform/http/route.ts";
import { documents } from "./document-routes.ts";
import { search } from "./search.ts";

const forBrowsers = createRouter();
for (const path of ["/workers/*", "/v1/workers", "/v1/workers/:id", "/v2/workers/*", "/pkgbuilds/*"])
  forBrowsers.use(path, publicCors);

/**
 * The public catalog. It needs no store to answer, so free workers stay installable even if the premium ones fail. The
 * delivery room answers below `/v1/workers/{id}`, by its own rules.
 */
export const catalogRoutes = combine(forBrowsers, documents, search);
