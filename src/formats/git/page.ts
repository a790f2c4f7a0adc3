import { repositorySources } from "../../domain/catalog/format.ts";
import { findWorker } from "../../domain/workers/workers.ts";
import { createRoute, createRouter, problems, z } from "../../platform/http/route.ts";
import { repositoryNames } from "./repository.ts";

/** The addresses that people clone, when they open one in a browser. */
export const repositoryPages = createRouter();

const route = createRoute({
  method: "get",
  path: "/{repository}",
  tags: ["Pages"],
  summary: "Show the page of a repository",
  security: [],
  request: {
    params: z.object({
      repository: z.string().openapi({
        description: "A worker's id or `homebrew-rbee`, optionally with `.git`.",
        example: "llm-worker-rbee-cpu.git",
      }),
    }),
  },
  responses: {
    303: {
      description: "The worker's page, or the page about installation.",
      headers: z.object({ Location: z.string().openapi({ example: "/w/llm-worker-rbee-cpu" }) }),
    },
    ...problems("NOT_FOUND"),
  },
});

repositoryPages.openAPIRegistry.registerPath(route);

// The other rooms answer paths that name no repository.
const address = route.getRoutingPath();
repositoryPages.on("GET", [address, `${address}/`], async (c, next) => {
  const name = c.req.param("repository").replace(/\.git$/, "");
  if (!repositoryNames(repositorySources(c.var.service.formats)).includes(name)) return next();
  return c.redirect(findWorker(name) ? `/w/${name}` : "/install", 303);
});
