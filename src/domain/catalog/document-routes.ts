import {
  ANYONE,
  type AppContext,
  createRouter,
  documentResponse,
  operation,
  Problem,
  z,
} from "../../platform/http/route.ts";
import { NOT_MODIFIED, WorkerParams } from "../workers/request.ts";
import { readDocument } from "./documents.ts";
import { CatalogEntrySchema, FamilyEntrySchema, GroupedEntrySchema } from "./entry-schema.ts";
import { publishedWorkers } from "./published-workers.ts";
import { WorkerFamilySchema, WorkerSchema } from "./schema.ts";

/** Answers with the document at the request's path. Throws WORKER_NOT_FOUND: only the worker varies. */
async function answerDocument(c: AppContext): Promise<Response> {
  const document = await readDocument(c, c.req.path);
  if (document) return documentResponse(c.req.raw, document);
  throw new Problem({
    code: "WORKER_NOT_FOUND",
    detail: await absent(c, c.req.param("id") ?? c.req.param("file") ?? ""),
  });
}

/** Why there is no such document. A person who asks for a family's recipe learns the ids of its workers. */
async function absent(c: AppContext, name: string): Promise<string> {
  const id = name.replace(/(-bin|-git)?\.PKGBUILD$/, "");
  const workers = await publishedWorkers(c.env, c.var.now);
  const variants = workers.filter(({ family }) => family.id === id).map((worker) => worker.id);
  if (variants.length > 0) return `${id} has a recipe for each backend. Name one of ${variants.join(", ")}.`;
  const worker = workers.find((one) => one.id === name || one.variant === name);
  if (worker) return `${worker.id} belongs to ${worker.family.id}: see /v2/workers/${worker.family.id}.`;
  return "The catalog has no such worker. See /workers for all of them.";
}

const CatalogSchema = z.object({ workers: z.array(CatalogEntrySchema) }).openapi("Catalog");

const listRoute = operation("get", "/workers", {
  tag: "Catalog for hives",
  summary: "List every worker",
  description:
    "The whole catalog, free workers first, in the form that every hive, keeper and page in use decodes. New clients " +
    "find the same facts, each once, and filters at `/v1/workers`. At another origin than the public one the answer is that of " +
    "`/v2/workers`, because upstream's newest clients ask there.",
  access: ANYONE,
  answers: { 200: ["The catalog.", CatalogSchema], ...NOT_MODIFIED },
  refusals: ["SERVICE_UNAVAILABLE"],
});

const entryRoute = operation("get", "/workers/{id}", {
  tag: "Catalog for hives",
  summary: "Read one worker of the list",
  description:
    "One entry of `/workers`. A hive requests it before it installs. For the id of a family, such as `llm-worker-rbee`, its " +
    "workers as `variants` of one entry.",
  access: ANYONE,
  params: WorkerParams,
  answers: { 200: ["The worker or family.", z.union([CatalogEntrySchema, FamilyEntrySchema])], ...NOT_MODIFIED },
  refusals: ["WORKER_NOT_FOUND"],
});

const resourceRoute = operation("get", "/v1/workers/{id}", {
  tag: "Catalog",
  summary: "Read one worker",
  description:
    "One entry of `/v1/workers`. For the id of a family, such as `llm-worker-rbee`, its facts with its workers as `variants`.",
  access: ANYONE,
  params: WorkerParams,
  answers: { 200: ["The worker or family.", z.union([WorkerSchema, WorkerFamilySchema])], ...NOT_MODIFIED },
  refusals: ["WORKER_NOT_FOUND"],
});

const groupedListRoute = operation("get", "/v2/workers", {
  tag: "Catalog for hives",
  summary: "List the workers by family",
  description:
    "One entry for each family, with a variant for each backend, free ones first: the form that the newest adapters of upstream's " +
    "marketplace decode. An adapter whose base address ends in `/v2` works unchanged.",
  access: ANYONE,
  answers: {
    200: ["The families.", z.object({ workers: z.array(GroupedEntrySchema) }).openapi("GroupedCatalog")],
    ...NOT_MODIFIED,
  },
  refusals: ["SERVICE_UNAVAILABLE"],
});

const groupedRoute = operation("get", "/v2/workers/{id}", {
  tag: "Catalog for hives",
  summary: "Read one family",
  description: "One entry of `/v2/workers`.",
  access: ANYONE,
  params: z.object({
    id: z.string().openapi({ param: { description: "The family's id." }, example: "llm-worker-rbee" }),
  }),
  answers: { 200: ["The family.", GroupedEntrySchema], ...NOT_MODIFIED },
  refusals: ["WORKER_NOT_FOUND"],
});

const recipe = { description: "The PKGBUILD.", content: { "text/plain": { schema: z.string() } } };
const FileParams = z.object({
  file: z.string().openapi({
    param: { description: "The worker's id, and `-git` or `-bin` if the recipe is such a one, and `.PKGBUILD`." },
    example: "llm-worker-rbee-cpu-git.PKGBUILD",
  }),
});

const recipeFileRoute = operation("get", "/pkgbuilds/arch/{file}", {
  tag: "Catalog for hives",
  summary: "Get a recipe as a file",
  description:
    "Recipes at the addresses of upstream's newest catalog. `<id>.PKGBUILD` is that of `/workers/{id}/PKGBUILD`. `<id>-git.PKGBUILD` " +
    "builds the source and `<id>-bin.PKGBUILD` installs a binary, if the worker has such a recipe.",
  access: ANYONE,
  params: FileParams,
  answers: { 200: recipe, ...NOT_MODIFIED },
  refusals: ["WORKER_NOT_FOUND"],
});

const formerFileRoute = operation("get", "/pkgbuilds/{file}", {
  tag: "Catalog for hives",
  summary: "Get a recipe by its former file name",
  description: "The same as `/workers/{id}/PKGBUILD`, by the names of the first catalog: `llm-worker-cpu.PKGBUILD`.",
  access: ANYONE,
  params: z.object({
    file: z.string().openapi({ param: { description: "The file's name." }, example: "llm-worker-cpu.PKGBUILD" }),
  }),
  answers: { 200: recipe, ...NOT_MODIFIED },
  refusals: ["WORKER_NOT_FOUND"],
});

const pkgbuildRoute = operation("get", "/workers/{id}/PKGBUILD", {
  tag: "Catalog for hives",
  summary: "Get a worker's PKGBUILD",
  description:
    "The recipe for the published version, which makepkg and hives run. The recipes of premium workers are public, too: " +
    "only the binary needs a license.",
  access: ANYONE,
  params: WorkerParams,
  answers: { 200: recipe, ...NOT_MODIFIED },
  refusals: ["WORKER_NOT_FOUND"],
});

const srcinfoRoute = operation("get", "/workers/{id}/.SRCINFO", {
  tag: "Catalog for hives",
  summary: "Get a worker's .SRCINFO",
  description:
    "The declarations of the PKGBUILD, as `makepkg --printsrcinfo` writes them, for tools that must not run shell.",
  access: ANYONE,
  params: WorkerParams,
  answers: {
    200: { description: "The `.SRCINFO`.", content: { "text/plain": { schema: z.string() } } },
    ...NOT_MODIFIED,
  },
  refusals: ["WORKER_NOT_FOUND"],
});

/** `GET /workers`, a worker in either form, and its recipe: bodies that depend on no query. */
export const documents = createRouter();

const ROUTES = [
  ...[listRoute, entryRoute, resourceRoute, pkgbuildRoute, srcinfoRoute],
  ...[groupedListRoute, groupedRoute, recipeFileRoute, formerFileRoute],
];
for (const route of ROUTES) {
  documents.openAPIRegistry.registerPath(route);
  documents.get(route.getRoutingPath(), answerDocument);
}
