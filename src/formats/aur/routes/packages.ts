import { packTar } from "modern-tar";
import { repositorySources } from "../../../domain/catalog/format.ts";
import { findWorker } from "../../../domain/workers/workers.ts";
import { documentResponse, staticDocument } from "../../../platform/http/document.ts";
import { ANYONE, type AppContext, createRouter, operation, Problem, z } from "../../../platform/http/route.ts";
import type { RepositoryRecord } from "../../git/record.ts";
import { readRepository } from "../../git/repository.ts";
import { type AurPackage, AurSummary, listPackages } from "../package.ts";

/**
 * The uncompressed content of the AUR's archives, by their paths (aurweb, scripts/mkpkglists.py). The lists of names
 * begin with an empty line: yay and pikaur skip the first line, where a comment once was, and paru skips empty lines.
 */
const ARCHIVES: Record<`/${string}.gz`, (packages: readonly AurPackage[]) => string> = {
  "/packages.gz": (packages) => nameList(packages.map(({ Name }) => Name)),
  "/pkgbase.gz": (packages) => nameList(packages.map(({ PackageBase }) => PackageBase)),
  "/packages-meta-v1.json.gz": (packages) => jsonList(packages.map((one) => AurSummary.parse(one))),
  "/packages-meta-ext-v1.json.gz": (packages) => jsonList(packages),
};

const nameList = (names: string[]): string => `\n${names.join("\n")}\n`;

/** One package on each line, because some helpers read it line by line. */
const jsonList = (entries: readonly AurSummary[]): string =>
  `[\n${entries.map((one) => JSON.stringify(one)).join(",\n")}\n]`;

/** The AUR's archives of all packages, and the files of one package where cgit has them. */
export const packages = createRouter();

for (const [path, textOf] of Object.entries(ARCHIVES)) {
  packages.openapi(
    operation("get", path, {
      tag: "Package managers",
      summary: path.includes("meta") ? "Download the metadata of every package" : "Download the names of all packages",
      description: "A gzip file as in the AUR, without a Content-Encoding.",
      access: ANYONE,
      answers: {
        200: {
          description: "The archive.",
          content: { "application/gzip": { schema: z.string().openapi({ format: "binary", example: "(gzip)" }) } },
        },
        304: ["The client's copy is current."],
      },
      refusals: ["SERVICE_UNAVAILABLE"],
    }),
    async (c) => {
      const archive = await gzip(textOf(await listPackages(c)));
      return documentResponse(c.req.raw, staticDocument(archive, "application/gzip"));
    },
  );
}

/** Gzips a text or bytes. A static import would make every isolate evaluate node:zlib at its start. */
async function gzip(content: string | Uint8Array): Promise<Uint8Array> {
  const { gzipSync } = await import("node:zlib");
  return gzipSync(content);
}

/** A package's files as cgit offers them: a gzipped tar of one folder. Equal content gives equal bytes. */
async function snapshotOf(name: string, { files, last_at }: RepositoryRecord): Promise<Uint8Array> {
  const common = { mtime: new Date(last_at * 1000), uid: 0, gid: 0, uname: "root", gname: "root" };
  const entries = Object.entries(files).map(([path, text]) => {
    const body = new TextEncoder().encode(text);
    return {
      header: { ...common, name: `${name}/${path}`, type: "file" as const, size: body.length, mode: 0o644 },
      body,
    };
  });
  const folder = { header: { ...common, name: `${name}/`, type: "directory" as const, size: 0, mode: 0o755 } };
  return gzip(await packTar([folder, ...entries]));
}

const plainRoute = operation("get", "/cgit/aur.git/plain/{file}", {
  tag: "Package managers",
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
  tag: "Package managers",
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

packages.openapi(plainRoute, async (c) => {
  const { file } = c.req.valid("param");
  const { files } = await wantedPackage(c, c.req.valid("query").h);
  const text = Object.hasOwn(files, file) ? files[file] : undefined;
  if (text === undefined) throw new Problem({ code: "NOT_FOUND", detail: "The package has no such file." });
  return documentResponse(c.req.raw, staticDocument(text, "text/plain; charset=utf-8"));
});

packages.openapi(snapshotRoute, async (c) => {
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
