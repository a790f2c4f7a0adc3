import { concatBytes } from "@noble/hashes/utils.js";
import { repositorySources } from "../../domain/catalog/format.ts";
import { DAY } from "../../lib/time.ts";
import { parseByteRange } from "../../platform/http/byte-range.ts";
import { cacheBody, cachedWhole } from "../../platform/http/edge-cache.ts";
import { ANYONE, type AppContext, combine, limitBody, operation, Problem, z } from "../../platform/http/route.ts";
import { readHistory } from "./history-store.ts";
import { commitsOf } from "./object.ts";
import { repositoryPages } from "./page.ts";
import { packKey, type RepositoryRecord } from "./record.ts";
import { readNewestRepository, readRepository, repositoryNames } from "./repository.ts";
import { advertisement, answerOf, parsePackRequest, withPack } from "./upload-pack.ts";

/** The path parameter that names a repository. */
const RepositoryParams = z.object({
  repository: z.string().openapi({
    param: { description: "A worker's id or `homebrew-rbee`, optionally with `.git`." },
    example: "llm-worker-rbee-cpu.git",
  }),
});

/** The branch of every AUR repository. AUR helpers look for it by name. */
const BRANCH = "refs/heads/master";

type ReferenceFile = {
  path: `/${string}`;
  summary: string;
  read: typeof readRepository;
  text: (record: RepositoryRecord) => string;
};

/**
 * The small files that a dumb client of git requests next (gitprotocol-http(5), "Dumb Clients"; gitrepository-
 * layout(5)). git requests the list of packs last, and only to fetch objects. So that pack must hold a head that
 * another isolate may have announced a moment ago.
 */
const FILES: ReferenceFile[] = [
  {
    path: "/HEAD",
    summary: "Name a repository's default branch",
    read: readRepository,
    text: () => `ref: ${BRANCH}\n`,
  },
  {
    path: "/objects/info/packs",
    summary: "List a repository's pack",
    read: readNewestRepository,
    text: ({ pack }) => `P pack-${pack}.pack\n\n`,
  },
];

/**
 * Repositories to clone, read-only (gitprotocol-http(5)): for smart clients, which may clone with a depth, and as
 * plain files for dumb ones. Anything else that git tries, such as a single object, is 404. The first part of these
 * paths is a repository's name: mount them after every other route.
 */
export const gitRoutes = combine(repositoryPages);

gitRoutes.openapi(
  operation("get", "/{repository}/info/refs", {
    tag: "Package managers",
    summary: "List a repository's branch",
    description:
      "The first request of `git clone https://catalog.rbee.dev/llm-worker-rbee-cpu.git`. Every published release is a commit, " +
      "and a clone can always be fast-forwarded. With `service=git-upload-pack` it is answered in git's smart protocol, which " +
      "also clones with a depth.",
    access: ANYONE,
    params: RepositoryParams,
    query: z.object({
      service: z
        .string()
        .max(40)
        .optional()
        .openapi({
          param: { description: "git's service; only `git-upload-pack` is smart." },
          example: "git-upload-pack",
        }),
    }),
    answers: {
      200: {
        description: "The branch and its last commit.",
        content: {
          "text/plain": { schema: z.string() },
          "application/x-git-upload-pack-advertisement": { schema: z.string() },
        },
      },
    },
    refusals: ["NOT_FOUND", "SERVICE_UNAVAILABLE"],
  }),
  async (c) => {
    const { head } = await wantedRepository(c, c.req.valid("param").repository, readRepository);
    const headers = { "Cache-Control": "no-cache", Vary: "Git-Protocol" };
    if (c.req.valid("query").service !== "git-upload-pack") return c.text(`${head}\t${BRANCH}\n`, 200, headers);
    const type = { "Content-Type": "application/x-git-upload-pack-advertisement" };
    return c.body(advertisement(head, BRANCH), 200, { ...headers, ...type });
  },
);

/** In bytes. A client tells the commits that it has in 50 bytes each. */
const MOST_REQUESTED = 256 * 1024;

gitRoutes.openapi(
  operation("post", "/{repository}/git-upload-pack", {
    tag: "Package managers",
    summary: "Request a repository's pack",
    description: "The second request of git's smart protocol. The pack holds every object.",
    access: { ...ANYONE, middleware: [limitBody(MOST_REQUESTED)] },
    params: RepositoryParams,
    answers: {
      200: {
        description: "The pack, after git's own lines.",
        content: { "application/x-git-upload-pack-result": { schema: z.string().openapi({ format: "binary" }) } },
      },
    },
    refusals: ["NOT_FOUND", "MALFORMED_REQUEST", "SERVICE_UNAVAILABLE"],
  }),
  async (c) => {
    const record = await wantedRepository(c, c.req.valid("param").repository, readNewestRepository);
    const name = repositoryName(c, c.req.valid("param").repository);
    const request = parsePackRequest(await bodyOf(c.req.raw));
    if (!request.ok) throw new Problem({ code: "MALFORMED_REQUEST", detail: `The body is ${request.error}.` });
    const headers = { "Content-Type": "application/x-git-upload-pack-result", "Cache-Control": "no-cache" };
    const { depth, haves } = request.value;
    const isNew = depth === null && haves.length === 0;
    const commits = isNew ? [] : commitsOf(await readHistory(c.env.DB, name));
    const answer = answerOf(request.value, commits);
    if (!request.value.isDone) return c.body(answer, 200, headers);
    const pack = await c.env.BINARIES.get(packKey(name, `pack-${record.pack}.pack`));
    if (!pack) throw new Problem({ code: "NOT_FOUND", detail: `${name} has no such pack.` });
    return c.body(withPack(answer, new Uint8Array(await pack.arrayBuffer())), 200, headers);
  },
);

/** The body of a request; git compresses a long one. An unreadable body is empty. */
async function bodyOf(request: Request): Promise<Uint8Array> {
  const isPacked = /gzip/i.test(request.headers.get("Content-Encoding") ?? "");
  const body = isPacked ? request.body?.pipeThrough(new DecompressionStream("gzip")) : request.body;
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body ?? []) {
      size += chunk.length;
      if (size > MOST_REQUESTED) break;
      chunks.push(chunk);
    }
  } catch {
    return new Uint8Array();
  }
  return concatBytes(...chunks);
}

for (const { path, summary, read, text } of FILES) {
  gitRoutes.openapi(
    operation("get", `/{repository}${path}`, {
      tag: "Package managers",
      summary: summary,
      description:
        "A part of git's plain HTTP protocol: `git clone https://catalog.rbee.dev/llm-worker-rbee-cpu.git`. Every published " +
        "release is a commit, and a clone can always be fast-forwarded.",
      access: ANYONE,
      params: RepositoryParams,
      answers: { 200: { description: "The file.", content: { "text/plain": { schema: z.string() } } } },
      refusals: ["NOT_FOUND", "SERVICE_UNAVAILABLE"],
    }),
    async (c) => {
      const record = await wantedRepository(c, c.req.valid("param").repository, read);
      return c.text(text(record), 200, { "Cache-Control": "no-cache" });
    },
  );
}

gitRoutes.openapi(
  operation("get", "/{repository}/objects/pack/{file}", {
    tag: "Package managers",
    summary: "Download a repository's pack or its index",
    description:
      "The name of a pack contains its checksum. Packs of earlier states stay for a week, for clones that began with them.",
    access: ANYONE,
    params: RepositoryParams.extend({
      file: z.string().openapi({
        description: "The pack, or its index (`.idx`).",
        example: "pack-2fd4e1c67a2d28fced849ee1bb76e7391b93eb12.pack",
      }),
    }),
    answers: {
      200: {
        description: "The file.",
        content: { "application/octet-stream": { schema: z.string().openapi({ format: "binary" }) } },
      },
      206: {
        description: "The part that `Range` asks for.",
        content: { "application/octet-stream": { schema: z.string().openapi({ format: "binary" }) } },
      },
    },
    refusals: ["NOT_FOUND", "RANGE_NOT_SATISFIABLE", "SERVICE_UNAVAILABLE"],
  }),
  async (c) => {
    const { repository, file } = c.req.valid("param");
    const name = repositoryName(c, repository);
    const key = packKey(name, file);
    const address = `${c.var.config.PUBLIC_URL}/${name}/objects/pack/${file}`;
    const cached = c.req.header("Range") === undefined ? await cachedWhole(address) : null;
    if (cached?.body) return c.body(cached.body, 200, packHeaders(Number(cached.headers.get("Content-Length"))));
    const stored = /^pack-[0-9a-f]{40}\.(pack|idx)$/.test(file) ? await c.env.BINARIES.head(key) : null;
    // git resumes an interrupted pack with a range request.
    const range = parseByteRange(c.req.header("Range") ?? null, stored?.size ?? 0);
    if (stored && range === "unsatisfiable") {
      throw new Problem({
        code: "RANGE_NOT_SATISFIABLE",
        detail: `The file has ${stored.size} bytes.`,
        headers: { "Content-Range": `bytes */${stored.size}` },
      });
    }
    const part = typeof range === "string" ? null : range;
    const object = stored && (await c.env.BINARIES.get(key, part ? { range: part } : {}));
    if (!object) throw new Problem({ code: "NOT_FOUND", detail: `${name} has no such pack.` });
    const { offset, length } = part ?? { offset: 0, length: object.size };
    const whole = async () => (await c.env.BINARIES.get(key))?.body ?? Promise.reject(new Error("the pack is gone"));
    c.executionCtx.waitUntil(cacheBody(address, object.size, DAY, whole));
    return c.body(object.body, part ? 206 : 200, {
      ...(part && { "Content-Range": `bytes ${offset}-${offset + length - 1}/${object.size}` }),
      ...packHeaders(length),
    });
  },
);

const packHeaders = (length: number) => ({
  "Accept-Ranges": "bytes",
  "Content-Type": "application/octet-stream",
  "Content-Length": String(length),
  "Cache-Control": "public, max-age=31536000, immutable",
});

/** The name of the repository in a path. Throws NOT_FOUND for an unknown one. */
function repositoryName(c: AppContext, given: string): string {
  const name = given.replace(/\.git$/, "");
  if (repositoryNames(repositorySources(c.var.service.formats)).includes(name)) return name;
  throw new Problem({ code: "NOT_FOUND", detail: "We can't find that page or repository." });
}

/** The record of the repository in a path, by `read`. Throws NOT_FOUND. */
async function wantedRepository(c: AppContext, given: string, read: typeof readRepository): Promise<RepositoryRecord> {
  const name = repositoryName(c, given);
  const record = await read(c.env, repositorySources(c.var.service.formats), name, c.var.now);
  if (record) return record;
  throw new Problem({ code: "NOT_FOUND", detail: `${name} is still empty.` });
}
