import { currentTime } from "../../../lib/time.ts";
import { type AppEnv, createRoute, type OpenAPIHono } from "../../../platform/http/route.ts";
import { pageDocs } from "../../page/kit.ts";
import { readAvailableWorkers } from "../available-workers.ts";
import { installPage } from "../install-page.tsx";

const route = createRoute({
  method: "get",
  path: "/install",
  ...pageDocs({
    summary: "Read how to install workers",
    answers: { 200: "The ways, each by the example of a worker that can be installed so." },
  }),
});

/** Registers `GET /install`. */
export function registerInstallPage(router: OpenAPIHono<AppEnv>): void {
  router.openapi(route, async (c) => {
    const available = await readAvailableWorkers(c.env, currentTime());
    return installPage([...available.values()], c.var.config.PUBLIC_URL);
  });
}
