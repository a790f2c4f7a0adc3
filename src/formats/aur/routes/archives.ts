import { sha256 } from "@noble/hashes/sha2.js";
import { encodeHex } from "../../../lib/encoding.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { documentResponse, staticDocument } from "../../../platform/http/document.ts";
import { ANYONE, createRouter, operation, z } from "../../../platform/http/route.ts";
import { gzip } from "../archive.ts";
import { type AurPackage, AurSummary, listPackages, MAINTAINER } from "../package.ts";

/**
 * The uncompressed content of the AUR's archives, by their paths (aurweb, scripts/mkpkglists.py). The lists of names
 * begin with an empty line: yay and pikaur skip the first line, where a comment once was, and paru skips empty lines.
 */
const ARCHIVES: Record<`/${string}.gz`, (packages: readonly AurPackage[]) => string> = {
  "/packages.gz": (packages) => nameList(packages.map(({ Name }) => Name)),
  "/pkgbase.gz": (packages) => nameList(packages.map(({ PackageBase }) => PackageBase)),
  "/packages-meta-v1.json.gz": (packages) => jsonList(packages.map((one) => AurSummary.parse(one))),
  "/packages-meta-ext-v1.json.gz": (packages) => jsonList(packages),
  "/users.gz": () => nameList([MAINTAINER]),
};

const nameList = (names: string[]): string => `\n${names.join("\n")}\n`;

/** One package on each line, because some helpers read it line by line. */
const jsonList = (entries: readonly AurSummary[]): string =>
  `[\n${entries.map((one) => JSON.stringify(one)).join(",\n")}\n]`;

/**
 * The AUR makes its archives anew every five minutes (seconds). aurutils asks for the date of an archive, and fetches
 * it again if that date is more than five minutes after the date of its copy.
 */
const MADE_EVERY = 5 * 60;

const madeAt = (now: UnixSeconds): string => new Date((now - (now % MADE_EVERY)) * 1000).toUTCString();

/** The AUR's archives of all packages, each with its checksum. */
export const archives = createRouter();

for (const [path, textOf] of Object.entries(ARCHIVES)) {
  archives.openapi(
    operation("get", path, {
      tag: "AUR helpers",
      summary: summaryOf(path),
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
      const dated = { "Last-Modified": madeAt(c.var.now) };
      return documentResponse(c.req.raw, staticDocument(archive, "application/gzip"), dated);
    },
  );
  archives.openapi(
    operation("get", `${path}.sha256`, {
      tag: "AUR helpers",
      summary: `${summaryOf(path)}: the checksum`,
      description: "A line for `sha256sum --check`.",
      access: ANYONE,
      answers: {
        200: {
          description: "The line.",
          content: { "text/plain": { schema: z.string().openapi({ example: "SHA256 (packages.gz) = 2cf2…" }) } },
        },
        304: ["The client's copy is current."],
      },
      refusals: ["SERVICE_UNAVAILABLE"],
    }),
    async (c) => {
      const sum = encodeHex(sha256(await gzip(textOf(await listPackages(c)))));
      const line = `SHA256 (${path.slice(1)}) = ${sum}\n`;
      return documentResponse(c.req.raw, staticDocument(line, "text/plain; charset=utf-8"));
    },
  );
}

function summaryOf(path: string): string {
  if (path.includes("meta")) return "Download the metadata of every package";
  return path.includes("users") ? "Download the names of all maintainers" : "Download the names of all packages";
}
