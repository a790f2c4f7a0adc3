import { askerOf, DELIVERY_PROBLEMS } from "../../domain/delivery/authorization.ts";
import { framedResponse } from "../../domain/delivery/framed/response.ts";
import { packageSigner } from "../../domain/releases/framing/package-signer.ts";
import { findWorker } from "../../domain/workers/workers.ts";
import {
  type AppContext,
  createRouter,
  documentRoute,
  etagOf,
  LICENSE_SECURITY,
  namesEtag,
  operation,
  Problem,
  z,
} from "../../platform/http/route.ts";
import { findArch } from "./package/names.ts";
import { repoFile, repoSection } from "./repo-file.ts";
import { type AskedRepodata, askedRepodata } from "./repodata.ts";
import { VALID } from "./repomd.ts";
import { findRepository, parsePackageFile, parseRepodataFile, REPOSITORIES, type RepodataFile } from "./repository.ts";

const access = { security: [{}, ...LICENSE_SECURITY] };
const repository = z.string().openapi({ description: "`rbee` or `rbee-premium`.", example: "rbee-premium" });
const arch = z.string().openapi({ description: "`x86_64` or `aarch64`.", example: "x86_64" });
const bytes = (...types: string[]) => {
  const schema = z.string().openapi({ format: "binary", example: "(bytes)" });
  return { content: Object.fromEntries(types.map((type) => [type, { schema }])) };
};

const repodataRoute = operation("get", "/rpm/{repository}/{arch}/repodata/{file}", {
  tag: "apt and RPM",
  summary: "A file of the metadata of an RPM repository",
  description:
    "`repomd.xml` with its OpenPGP signature `repomd.xml.asc` and the keys `repomd.xml.key`, and the lists that it names, for dnf and " +
    "zypper. The metadata of `rbee-premium` lists every published stable version that the asker's license covers. `rbee` needs no " +
    "credential.",
  access,
  params: z.object({
    repository,
    arch,
    file: z.string().openapi({ description: "A file that dnf or zypper asks for.", example: "repomd.xml" }),
  }),
  answers: {
    200: {
      description: "The file.",
      ...bytes("application/xml", "application/gzip", "application/pgp-keys", "application/pgp-signature"),
    },
    304: ["The client's copy is current."],
  },
  refusals: [...DELIVERY_PROBLEMS, "NOT_FOUND", "SERVICE_UNAVAILABLE"],
});

const packageRoute = operation("get", "/rpm/{repository}/{arch}/{file}", {
  tag: "apt and RPM",
  summary: "An RPM package",
  description:
    "A package of a version that the asker may have, made of the release's binary and signed by the key of `repomd.xml.key`. Answers " +
    "ranges.",
  access,
  params: z.object({
    repository,
    arch,
    file: z
      .string()
      .openapi({ description: "The name of a package.", example: "llm-worker-rbee-premium-cuda-1.2.0-1.x86_64.rpm" }),
  }),
  answers: {
    200: { description: "The package.", ...bytes("application/x-rpm") },
    206: { description: "The part of `Range`.", ...bytes("application/x-rpm") },
    304: ["The client's copy is current."],
  },
  refusals: [...DELIVERY_PROBLEMS, "NOT_FOUND", "RANGE_NOT_SATISFIABLE", "SERVICE_UNAVAILABLE"],
});

/** Every file that dnf and zypper ask of the repositories. */
export const rpmRoutes = createRouter();

rpmRoutes.route(
  "/",
  documentRoute(
    "/rpm/rbee.repo",
    {
      tag: "apt and RPM",
      summary: "The configuration of the RPM repositories",
      description:
        "For `/etc/yum.repos.d` of dnf and `zypper addrepo`. The premium repository is off until a license key is written into it.",
      content: "The `.repo` file.",
      type: "text/plain",
      example: repoSection("rbee", "https://catalog.rbee.dev"),
    },
    ({ PUBLIC_URL }) => repoFile(PUBLIC_URL),
  ),
);

rpmRoutes.openapi(repodataRoute, async (c) => {
  const params = c.req.valid("param");
  const named = { repository: findRepository(params.repository), arch: findArch(params.arch) };
  const file = parseRepodataFile(params.file);
  if (!named.repository || !named.arch || !file) throw noSuchFile();
  const asked = await askedRepodata(c, named.repository, named.arch);
  const content = await contentOf(c, asked, file, params.file);
  if (!content) throw noSuchFile();
  const isFree = REPOSITORIES[named.repository] === "free";
  return repodataResponse(c, { ...content, isFree });
});

rpmRoutes.openapi(packageRoute, async (c) => {
  const params = c.req.valid("param");
  const named = { repository: findRepository(params.repository), arch: findArch(params.arch) };
  const file = parsePackageFile(params.file);
  if (!named.repository || !named.arch || file?.arch !== named.arch) throw noSuchFile();
  const worker = findWorker(file.workerId);
  const tier = REPOSITORIES[named.repository];
  if (worker?.id !== file.workerId || worker.tier !== tier) throw noSuchFile();
  const wanted = { format: "rpm", filename: params.file };
  return framedResponse(c, worker, wanted, await askerOf(c, { tier }), { contentType: "application/x-rpm" });
});

type Content = { body: Uint8Array; type: string };

/** A file of the metadata; null if there is none. */
async function contentOf(
  c: AppContext,
  { repodata: { repomd, at }, list }: AskedRepodata,
  file: RepodataFile,
  name: string,
): Promise<Content | null> {
  if (file.kind === "list") {
    const body = await list(name);
    return body && { body, type: "application/gzip" };
  }
  const text = (content: string, type: string): Content => ({ body: new TextEncoder().encode(content), type });
  if (file.kind === "repomd.xml") return text(repomd, "application/xml");
  const signer = await packageSigner(c.var.config);
  if (file.kind === "repomd.xml.key") return text(signer.armoredKeyring, "application/pgp-keys");
  return text(await signer.signArmored(new TextEncoder().encode(repomd), at, VALID), "application/pgp-signature");
}

function repodataResponse(c: AppContext, { body, type, isFree }: Content & { isFree: boolean }): Response {
  const etag = etagOf(body);
  // Without a date, because two licenses may see different lists of the same date.
  const headers = new Headers({ "Cache-Control": isFree ? "public, no-cache" : "private, no-cache", ETag: etag });
  if (!isFree) headers.set("Vary", "Authorization, Rbee-Machine");
  if (namesEtag(c.req.header("If-None-Match"), etag)) return new Response(null, { status: 304, headers });
  headers.set("Content-Type", type);
  headers.set("Content-Length", String(body.length));
  return new Response(body, { headers });
}

const noSuchFile = (): Problem => new Problem({ code: "NOT_FOUND", detail: "The repository has no such file." });
