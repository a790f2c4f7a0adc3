import { DELIVERY_PROBLEMS } from "../../domain/delivery/authorization.ts";
import { addressOfFile } from "../../domain/delivery/routes/download.ts";
import { findWorker } from "../../domain/workers/workers.ts";
import { createRoute, createRouter, LICENSE_SECURITY, operation, problems, z } from "../../platform/http/route.ts";
import { answerDatabase, noSuchFile } from "./database-response.ts";
import { listingFor } from "./listing.ts";
import { findArch, findRepository, parseRepositoryFile, REPOSITORIES } from "./repository.ts";
import { signedArchRoutes } from "./signed-routes.ts";

const route = operation("get", "/arch/{repository}/os/{arch}/{file}", {
  tag: "pacman",
  summary: "A file of a pacman repository",
  description:
    "`Server = .../arch/$repo/os/$arch` in pacman.conf. `{repository}.db` and `.files` (or `.db.tar.gz`, `.files.tar.gz`) are the " +
    "databases, with `Last-Modified` and `ETag`; that of `rbee-premium` lists of each worker the newest version that the asker's " +
    "license covers, if its publisher has uploaded a package for pacman. A package, its `.sig` and its `.minisig` redirect to a " +
    "signed URL. Databases are not signed: `SigLevel = Required DatabaseOptional`. `rbee` needs no credential. " +
    "`/arch/signed/{repository}/os/{arch}` has signed databases and every worker.",
  access: { security: [{}, ...LICENSE_SECURITY] },
  params: z.object({
    repository: z.string().openapi({ description: "`rbee` or `rbee-premium`.", example: "rbee-premium" }),
    arch: z.string().openapi({ description: "`x86_64` or `aarch64`.", example: "x86_64" }),
    file: z.string().openapi({ description: "A database, a package or a signature.", example: "rbee-premium.db" }),
  }),
  answers: {
    200: {
      description: "The database.",
      content: { "application/gzip": { schema: z.string().openapi({ format: "binary", example: "(bytes)" }) } },
    },
    302: {
      description: "The signed URL of the package or signature, valid for five minutes.",
      headers: z.object({
        Location: z.string().openapi({ example: "https://catalog.rbee.dev/dl/WzEsImRsXzA2YjRt..." }),
      }),
    },
    304: ["The client's copy is current."],
  },
  refusals: [...DELIVERY_PROBLEMS, "NOT_FOUND", "SERVICE_UNAVAILABLE"],
});

const serverRoute = createRoute({
  method: "get",
  path: "/arch/{repository}/os/{arch}",
  tags: ["Pages"],
  summary: "Show the page for the address of a pacman repository",
  description: "For people who open the `Server` of their pacman.conf in a browser.",
  security: [],
  request: { params: route.request.params.omit({ file: true }) },
  responses: {
    303: {
      description: "The page about installation.",
      headers: z.object({ Location: z.string().openapi({ example: "/install" }) }),
    },
    ...problems("NOT_FOUND"),
  },
});

/** Every file that pacman asks of the repositories. */
export const archRoutes = createRouter();
archRoutes.route("/", signedArchRoutes);

archRoutes.openAPIRegistry.registerPath(serverRoute);
const server = serverRoute.getRoutingPath();
archRoutes.on("GET", [server, `${server}/`], (c) => {
  if (!findRepository(c.req.param("repository")) || !findArch(c.req.param("arch"))) throw noSuchFile();
  return c.redirect("/install", 303);
});

archRoutes.openapi(route, async (c) => {
  const params = c.req.valid("param");
  const repository = findRepository(params.repository);
  const arch = findArch(params.arch);
  const file = repository && arch && parseRepositoryFile(repository, arch, params.file, { signed: false });
  if (!repository || !arch || !file) throw noSuchFile();
  if (file.kind === "database") return answerDatabase(c, { repository, arch, file, list: listingFor });
  const worker = findWorker(file.workerId);
  if (worker?.id !== file.workerId || worker.tier !== REPOSITORIES[repository]) throw noSuchFile();
  return c.redirect(await addressOfFile(c, worker, file.version, file.name), 302);
});
