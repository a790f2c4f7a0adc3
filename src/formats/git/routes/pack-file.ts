import { parseByteRange } from "../../../platform/http/byte-range.ts";
import { createRoute, createRouter, Problem, problems, z } from "../../../platform/http/route.ts";
import { packKey } from "../pack-key.ts";
import { RepositoryParams, repositoryName } from "./repository-request.ts";

/** `GET /{repository}/objects/pack/{file}`: what the name says it is, as long as it is there. */
export const packFile = createRouter();

packFile.openapi(
  createRoute({
    method: "get",
    path: "/{repository}/objects/pack/{file}",
    tags: ["Package managers"],
    summary: "Download a repository's pack or its index",
    description:
      "Git's name for a pack is a checksum of it. Those of earlier states stay for a week, for clones that began with them.",
    request: {
      params: RepositoryParams.extend({
        file: z.string().openapi({
          description: "The pack, or its index (`.idx`).",
          example: "pack-2fd4e1c67a2d28fced849ee1bb76e7391b93eb12.pack",
        }),
      }),
    },
    responses: {
      200: {
        description: "The file.",
        content: { "application/octet-stream": { schema: z.string().openapi({ format: "binary" }) } },
      },
      206: {
        description: "The part that `Range` asks for.",
        content: { "application/octet-stream": { schema: z.string().openapi({ format: "binary" }) } },
      },
      ...problems("NOT_FOUND", "RANGE_NOT_SATISFIABLE", "SERVICE_UNAVAILABLE"),
    },
  }),
  async (c) => {
    const { repository, file } = c.req.valid("param");
    const name = repositoryName(c, repository);
    const key = packKey(name, file);
    const stored = /^pack-[0-9a-f]{40}\.(pack|idx)$/.test(file) ? await c.env.BINARIES.head(key) : null;
    // Git appends what it is sent to what it has of a pack since the line broke.
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
    return c.body(object.body, part ? 206 : 200, {
      ...(part && { "Content-Range": `bytes ${offset}-${offset + length - 1}/${object.size}` }),
      "Accept-Ranges": "bytes",
      "Content-Type": "application/octet-stream",
      "Content-Length": String(length),
      "Cache-Control": "public, max-age=31536000, immutable",
    });
  },
);
