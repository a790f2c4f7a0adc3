import { repositorySources } from "../../../domain/catalog/format.ts";
import { findWorker } from "../../../domain/workers/workers.ts";
import { documentResponse, staticDocument } from "../../../platform/http/document.ts";
import { ANYONE, type AppContext, createRouter, operation, Problem, z } from "../../../platform/http/route.ts";
import type { RepositoryRecord } from "../../git/record.ts";
import { readRepository } from "../../git/repository.ts";
import { snapshotOf } from "../archive.ts";

const plainRoute = operation("get", "/cgit/aur.git/plain/{file}", {
  tag: "AUR helpers",
  summary: "Read one file of a package as an AUR helper",
  access: ANYONE,
  params: z.object({ file: z.string().openapi({ description: "`PKGBUILD` or `.SRCINFO`.", example: "PKGBUILD" }) }),
  query: z.object({ h: z.string().openapi({ description: "The package.", example: "llm-worker-rbee-cpu" }) }),
  answers: {
    200: { description: "The file.", content: { "text/plain": { schema: z.string() } } },
    304: ["The client's copy is current."],
  },
  refusals: ["NOT_FOUND", "VALIDATION_FAILED", "SERVICE_UNAVAILABLE"],
});

const snapshotRoute = operation("get", "/cgit/aur.git/snapshot/{archive}", {
  tag: "AUR helpers",
  summary: "Download a package's files as an AUR helper",
  access: ANYONE,
  params: z.object({
    archive: z
      .string()
      .openapi({ description: "The package's name and `.tar.gz`.", example: "llm-worker-rbee-cpu.tar.gz" }),
  }),
  answers: {
    200: {
      description: "A gzipped tar of the folder that `git clone` makes, without the history.",
      content: { "application/gzip": { schema: z.string().openapi({ format: "binary" }) } },
    },
    304: ["The client's copy is current."],
  },
  refusals: ["NOT_FOUND", "SERVICE_UNAVAILABLE"],
});

/** The files of one package, at the addresses of cgit. */
export const cgitFiles = createRouter();

cgitFiles.openapi(plainRoute, async (c) => {
  const { file } = c.req.valid("param");
  const { files } = await wantedPackage(c, c.req.valid("query").h);
  const text = Object.hasOwn(files, file) ? files[file] : undefined;
  if (text === undefined) throw new Problem({ code: "NOT_FOUND", detail: "The package has no such file." });
  return documentResponse(c.req.raw, staticDocument(text, "text/plain; charset=utf-8"));
});

cgitFiles.openapi(snapshotRoute, async (c) => {
  const [, name = ""] = /^(.*)\.tar\.gz$/.exec(c.req.valid("param").archive) ?? [];
  const snapshot = await snapshotOf(name, await wantedPackage(c, name));
  return documentResponse(c.req.raw, staticDocument(snapshot, "application/gzip"));
});

async function wantedPackage(c: AppContext, name: string): Promise<RepositoryRecord> {
  const record =
    findWorker(name)?.id === name
      ? await readRepository(c.env, repositorySources(c.var.service.formats), name, c.var.now)
      : null;
  if (record) return record;
  throw new Problem({ code: "NOT_FOUND", detail: "There is no such package. See /packages.gz for all of them." });
}
