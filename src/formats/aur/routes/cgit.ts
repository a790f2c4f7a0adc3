import { findWorker } from "../../../domain/workers/workers.ts";
import { currentTime } from "../../../lib/time.ts";
import {
  type AppContext,
  createRoute,
  createRouter,
  documentResponse,
  Problem,
  problems,
  staticDocument,
  z,
} from "../../../platform/http/route.ts";
import type { RepositoryRecord } from "../../git/record.ts";
import { readRepository } from "../../git/repository-store.ts";
import { snapshotOf } from "../snapshot.ts";

const plainRoute = createRoute({
  method: "get",
  path: "/cgit/aur.git/plain/{file}",
  tags: ["Package managers"],
  summary: "Read one file of a package as an AUR helper",
  request: {
    params: z.object({ file: z.string().openapi({ description: "`PKGBUILD` or `.SRCINFO`.", example: "PKGBUILD" }) }),
    query: z.object({ h: z.string().openapi({ description: "The package.", example: "llm-worker-rbee-cpu" }) }),
  },
  responses: {
    200: { description: "The file.", content: { "text/plain": { schema: z.string() } } },
    304: { description: "`If-None-Match` names what would be sent." },
    ...problems("NOT_FOUND", "VALIDATION_FAILED", "SERVICE_UNAVAILABLE"),
  },
});

const snapshotRoute = createRoute({
  method: "get",
  path: "/cgit/aur.git/snapshot/{archive}",
  tags: ["Package managers"],
  summary: "Download a package's files as an AUR helper",
  request: {
    params: z.object({
      archive: z
        .string()
        .openapi({ description: "The package's name and `.tar.gz`.", example: "llm-worker-rbee-cpu.tar.gz" }),
    }),
  },
  responses: {
    200: {
      description: "A gzipped tar of the folder that `git clone` would make, without its history.",
      content: { "application/gzip": { schema: z.string().openapi({ format: "binary" }) } },
    },
    304: { description: "`If-None-Match` names what would be sent." },
    ...problems("NOT_FOUND", "SERVICE_UNAVAILABLE"),
  },
});

/** `GET /cgit/aur.git/plain/{file}?h=` and `GET /cgit/aur.git/snapshot/{package}.tar.gz`: where the AUR has them. */
export const cgit = createRouter();

cgit.openapi(plainRoute, async (c) => {
  const { file } = c.req.valid("param");
  const { files } = await wantedPackage(c, c.req.valid("query").h);
  const text = Object.hasOwn(files, file) ? files[file] : undefined;
  if (text === undefined) throw new Problem({ code: "NOT_FOUND", detail: "The package has no such file." });
  return documentResponse(c.req.raw, staticDocument(text, "text/plain; charset=utf-8"));
});

cgit.openapi(snapshotRoute, async (c) => {
  const [, name = ""] = /^(.*)\.tar\.gz$/.exec(c.req.valid("param").archive) ?? [];
  const snapshot = await snapshotOf(name, await wantedPackage(c, name));
  return documentResponse(c.req.raw, staticDocument(snapshot, "application/gzip"));
});

async function wantedPackage(c: AppContext, name: string): Promise<RepositoryRecord> {
  const record = findWorker(name)?.id === name ? await readRepository(c.env, name, currentTime()) : null;
  if (record) return record;
  throw new Problem({ code: "NOT_FOUND", detail: "There is no such package; GET /packages.gz lists them all." });
}
