import { createRoute, createRouter, problems, z } from "../../../platform/http/route.ts";
import type { RepositoryRecord } from "../record.ts";
import { readNewestRepository, readRepository } from "../repository-store.ts";
import { RepositoryParams, wantedRepository } from "./repository-request.ts";

/** The branch that every AUR repository has, and that its helpers look for. */
const BRANCH = "refs/heads/master";

type ReferenceFile = {
  path: `/${string}`;
  summary: string;
  read: typeof readRepository;
  text: (record: RepositoryRecord) => string;
};

/**
 * The small files that `git` asks for first (gitprotocol-http(5), "Dumb Clients"; gitrepository-layout(5)). The pack is asked for
 * last, and only by who is to fetch something: it must hold the head that another isolate may have announced a moment ago.
 */
const FILES: ReferenceFile[] = [
  {
    path: "/info/refs",
    summary: "List a repository's branch",
    read: readRepository,
    text: ({ head }) => `${head}\t${BRANCH}\n`,
  },
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

/** `GET /{repository}/info/refs`, `/HEAD` and `/objects/info/packs`. */
export const referenceFiles = createRouter();

for (const { path, summary, read, text } of FILES) {
  referenceFiles.openapi(
    createRoute({
      method: "get",
      path: `/{repository}${path}`,
      tags: ["Package managers"],
      summary,
      description:
        "A part of git's plain HTTP protocol: `git clone https://catalog.rbee.dev/llm-worker-rbee-cpu.git`. Every published " +
        "release is a commit, and a clone can always be fast-forwarded.",
      request: { params: RepositoryParams },
      responses: {
        200: { description: "The file.", content: { "text/plain": { schema: z.string() } } },
        ...problems("NOT_FOUND", "SERVICE_UNAVAILABLE"),
      },
    }),
    async (c) => {
      const record = await wantedRepository(c, c.req.valid("param").repository, read);
      return c.text(text(record), 200, { "Cache-Control": "no-cache" });
    },
  );
}
