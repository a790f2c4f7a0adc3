import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { workers } from "../../catalog/workers.ts";
import type { AppEnv } from "../../http/app.ts";
import { pageDocs } from "../../page/page-docs.ts";
import { installPage } from "../install-page.tsx";

const route = createRoute({
  method: "get",
  path: "/install",
  ...pageDocs({ summary: "Read how to install workers", answers: { 200: "The ways, by the example of one worker." } }),
});

/** Registers `GET /install`. */
export function registerInstallPage(router: OpenAPIHono<AppEnv>): void {
  router.openapi(route, (c) => {
    // It is free and for every system, so it has the lines of every tool.
    const [example] = workers;
    if (!example) throw new Error("The catalog has no worker to show how one is installed.");
    return installPage(example, c.var.config.PUBLIC_URL);
  });
}
