import { createRoute, createRouter, problems, z } from "../../../platform/http/route.ts";
import { NOT_MODIFIED, WorkerParams } from "../../workers/request.ts";
import { answerDocument } from "../document-answer.ts";

const pkgbuildRoute = createRoute({
  method: "get",
  path: "/workers/{id}/PKGBUILD",
  tags: ["Catalog"],
  summary: "Get a worker's PKGBUILD",
  description:
    "The recipe that makepkg and hives run, of the version that is published. Those of premium workers are public too: " +
    "only the binary that they fetch needs a license.",
  request: { params: WorkerParams },
  responses: {
    200: { description: "The PKGBUILD.", content: { "text/plain": { schema: z.string() } } },
    ...NOT_MODIFIED,
    ...problems("WORKER_NOT_FOUND"),
  },
});

const srcinfoRoute = createRoute({
  method: "get",
  path: "/workers/{id}/.SRCINFO",
  tags: ["Catalog"],
  summary: "Get a worker's .SRCINFO",
  description: "What the PKGBUILD declares, as `makepkg --printsrcinfo` writes it: for tools that must not run shell.",
  request: { params: WorkerParams },
  responses: {
    200: { description: "The `.SRCINFO`.", content: { "text/plain": { schema: z.string() } } },
    ...NOT_MODIFIED,
    ...problems("WORKER_NOT_FOUND"),
  },
});

/** `GET /workers/{id}/PKGBUILD` and `GET /workers/{id}/.SRCINFO`. */
export const workerRecipe = createRouter();
workerRecipe.openAPIRegistry.registerPath(pkgbuildRoute);
workerRecipe.openAPIRegistry.registerPath(srcinfoRoute);
workerRecipe.get(pkgbuildRoute.getRoutingPath(), answerDocument);
workerRecipe.get(srcinfoRoute.getRoutingPath(), answerDocument);
