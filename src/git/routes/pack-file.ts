import { createRoute, z } from "@hono/zod-openapi";
import { createRouter } from "../../http/app.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problem-schema.ts";
import { packKey } from "../pack-key.ts";
import { RepositoryParams, repositoryName } from "./repository-request.ts";

/** `GET /{repository}/objects/pack/{file}`: what the name says it is, for ever. */
export const packFile = createRouter();

packFile.openapi(
  createRoute({
    method: "get",
    path: "/{repository}/objects/pack/{file}",
    tags: ["Package managers"],
    summary: "Download a repository's pack or its index",
    description:
      "Git's name for a pack is a checksum of it. Those of earlier states stay, for clones that began with them.",
    request: {
      params: RepositoryParams.extend({
        file: z.string().openapi({ example: "pack-2fd4e1c67a2d28fced849ee1bb76e7391b93eb12.pack" }),
      }),
    },
    responses: {
      200: {
        description: "The file.",
        content: { "application/octet-stream": { schema: z.string().openapi({ format: "binary" }) } },
      },
      ...problems("NOT_FOUND", "SERVICE_UNAVAILABLE"),
    },
  }),
  async (c) => {
    const { repository, file } = c.req.valid("param");
    const name = repositoryName(c, repository);
    const object = /^pack-[0-9a-f]{40}\.(pack|idx)$/.test(file) ? await c.env.BINARIES.get(packKey(name, file)) : null;
    if (!object) throw new Problem({ code: "NOT_FOUND", detail: `${name} has no such pack.` });
    return c.body(object.body, 200, {
      "Content-Type": "application/octet-stream",
      "Content-Length": String(object.size),
      "Cache-Control": "public, max-age=31536000, immutable",
    });
  },
);
