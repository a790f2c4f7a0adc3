import { askerOf, DELIVERY_PROBLEMS } from "../../domain/delivery/authorization.ts";
import { framedResponse } from "../../domain/delivery/framed/response.ts";
import { packageSigner } from "../../domain/releases/framing/package-signer.ts";
import type { Channel } from "../../domain/releases/manifest.ts";
import { findWorker } from "../../domain/workers/workers.ts";
import { encodeUtf8 } from "../../lib/encoding.ts";
import {
  createRoute,
  createRouter,
  LICENSE_SECURITY,
  operation,
  Problem,
  problems,
  z,
} from "../../platform/http/route.ts";
import { suiteAnswer } from "./answer.ts";
import { documents } from "./documents.ts";
import { reasonPhrases } from "./reason.ts";
import { RELEASE_FILES, signedRelease } from "./release.ts";
import {
  architectureOfFolder,
  findRepository,
  findSuite,
  LIST_FORMS,
  type ListForm,
  listPath,
  REPOSITORIES,
  type RepositoryName,
} from "./repository.ts";
import { listByHash, suiteFor } from "./suite.ts";
import { DEB } from "./version.ts";

const access = { security: [{}, ...LICENSE_SECURITY] };
const refusals = [...DELIVERY_PROBLEMS, "NOT_FOUND", "SERVICE_UNAVAILABLE"] as const;

const repository = z.string().openapi({ description: "`rbee` or `rbee-premium`.", example: "rbee-premium" });
const suite = z.string().openapi({ description: "`stable`, `rc`, `beta` or `alpha`.", example: "stable" });
const folder = z.string().openapi({ description: "`binary-amd64` or `binary-arm64`.", example: "binary-amd64" });

const text = { "text/plain": { schema: z.string().openapi({ example: "Origin: rbee" }) } };
const binary = (type: string) => ({
  [type]: { schema: z.string().openapi({ format: "binary", example: "(bytes)" }) },
});

/** Every file that apt requests of the repositories. */
export const aptRoutes = createRouter();
aptRoutes.use("/apt/*", reasonPhrases);
aptRoutes.route("/", documents);

const pageRoute = createRoute({
  method: "get",
  path: "/apt/{repository}",
  tags: ["Pages"],
  summary: "Show the page for the address of an apt repository",
  description: "For people who open the URL of their apt configuration in a browser.",
  security: [],
  request: { params: z.object({ repository }) },
  responses: {
    303: {
      description: "The page about installation.",
      headers: z.object({ Location: z.string().openapi({ example: "/install" }) }),
    },
    ...problems("NOT_FOUND"),
  },
});

aptRoutes.openAPIRegistry.registerPath(pageRoute);
const page = pageRoute.getRoutingPath();
aptRoutes.on("GET", [page, `${page}/`], (c) => {
  if (!findRepository(c.req.param("repository"))) throw noSuchFile();
  return c.redirect("/install", 303);
});

const releaseRoute = operation("get", "/apt/{repository}/dists/{suite}/{file}", {
  tag: "apt and RPM",
  summary: "The description of a suite of an apt repository",
  description:
    "`InRelease` and `Release` name the lists of packages by their SHA-256, and are valid for up to seven days. `InRelease` is signed; " +
    "`Release.gpg` signs `Release`. Those of `rbee-premium` are made for the asker: its license key comes as the password of Basic, " +
    "and the machine's name as the user. `rbee` needs no credential.",
  access,
  params: z.object({
    repository,
    suite,
    file: z.string().openapi({ description: "`InRelease`, `Release` or `Release.gpg`.", example: "InRelease" }),
  }),
  answers: { 200: { description: "The file.", content: text }, 304: ["The client's copy is current."] },
  refusals,
});

aptRoutes.openapi(releaseRoute, async (c) => {
  const { file: name, ...named } = c.req.valid("param");
  const file = RELEASE_FILES.find((known) => known === name);
  const { repository, channel } = suiteOf(named);
  if (!file) throw noSuchFile();
  const described = await suiteFor(c, repository, channel);
  const files = await signedRelease(described, await packageSigner(c.var.config), c.var.now);
  return suiteAnswer(c, repository, encodeUtf8(files[file]), {
    type: "text/plain; charset=utf-8",
    date: described.date,
  });
});

const listRoute = operation("get", "/apt/{repository}/dists/{suite}/main/{folder}/{file}", {
  tag: "apt and RPM",
  summary: "A list of the packages of an apt repository",
  description: "Every version that the asker may have. apt requests it by its SHA-256 instead.",
  access,
  params: z.object({
    repository,
    suite,
    folder,
    file: z.string().openapi({ description: "`Packages` or `Packages.gz`.", example: "Packages.gz" }),
  }),
  answers: {
    200: { description: "The list.", content: { ...text, ...binary("application/gzip") } },
    304: ["The client's copy is current."],
  },
  refusals,
});

const LIST_TYPES: Record<ListForm, string> = {
  Packages: "text/plain; charset=utf-8",
  "Packages.gz": "application/gzip",
};

aptRoutes.openapi(listRoute, async (c) => {
  const { folder, file: name, ...named } = c.req.valid("param");
  const architecture = architectureOfFolder(folder);
  const form = LIST_FORMS.find((known) => known === name);
  const { repository, channel } = suiteOf(named);
  // Before any read: apt tries files that no repository here has, such as translations.
  if (!architecture || !form) throw noSuchFile();
  const { lists, date } = await suiteFor(c, repository, channel);
  const list = lists.find(({ path }) => path === listPath(architecture, form));
  if (!list) throw noSuchFile();
  return suiteAnswer(c, repository, list.bytes, { type: LIST_TYPES[form], date });
});

const hashRoute = operation("get", "/apt/{repository}/dists/{suite}/main/{folder}/by-hash/SHA256/{sum}", {
  tag: "apt and RPM",
  summary: "A list of the packages of an apt repository by its SHA-256",
  description: "The list that `InRelease` names, also if a release has replaced it a moment ago.",
  access,
  params: z.object({
    repository,
    suite,
    folder,
    sum: z.string().openapi({
      description: "The list's SHA-256.",
      example: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    }),
  }),
  answers: {
    200: { description: "The list.", content: binary("application/octet-stream") },
    304: ["The client's copy is current."],
  },
  refusals,
});

aptRoutes.openapi(hashRoute, async (c) => {
  const { folder, sum, ...named } = c.req.valid("param");
  const { repository, channel } = suiteOf(named);
  if (!architectureOfFolder(folder) || !/^[0-9a-f]{64}$/.test(sum)) throw noSuchFile();
  const bytes = await listByHash(c, repository, channel, sum);
  if (!bytes) throw noSuchFile();
  return suiteAnswer(c, repository, bytes, { type: "application/octet-stream", date: null });
});

const packageRoute = operation("get", "/apt/{repository}/pool/{worker}/{file}", {
  tag: "apt and RPM",
  summary: "A Debian package",
  description:
    "A version that the asker may have, also a yanked one, framed around the release's binary. Supports `Range`, `If-Range` and " +
    "conditional requests.",
  access,
  params: z.object({
    repository,
    worker: z.string().openapi({ description: "The worker's id.", example: "llm-worker-rbee-premium-cuda" }),
    file: z.string().openapi({
      description: "The package's name.",
      example: "llm-worker-rbee-premium-cuda_1.2.0-1_amd64.deb",
    }),
  }),
  answers: {
    200: { description: "The package.", content: binary("application/vnd.debian.binary-package") },
    206: { description: "The part of `Range`.", content: binary("application/vnd.debian.binary-package") },
    304: ["The client's copy is current."],
  },
  refusals: [...refusals, "RANGE_NOT_SATISFIABLE"],
});

aptRoutes.openapi(packageRoute, async (c) => {
  const { repository: name, worker: id, file } = c.req.valid("param");
  const repository = findRepository(name);
  const worker = findWorker(id);
  if (!repository || worker?.id !== id || worker.tier !== REPOSITORIES[repository]) throw noSuchFile();
  const asker = await askerOf(c, worker);
  const contentType = "application/vnd.debian.binary-package";
  return framedResponse(c, worker, { format: DEB, filename: file }, asker, { contentType });
});

/** The suite that a path names. Throws NOT_FOUND. */
function suiteOf(named: { repository: string; suite: string }): { repository: RepositoryName; channel: Channel } {
  const repository = findRepository(named.repository);
  const channel = findSuite(named.suite);
  if (!repository || !channel) throw noSuchFile();
  return { repository, channel };
}

const noSuchFile = (): Problem => new Problem({ code: "NOT_FOUND", detail: "The repository has no such file." });
