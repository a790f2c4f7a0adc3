import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { LICENSE_SECURITY } from "../../../platform/http/openapi.ts";
import { problems } from "../../../platform/http/problem-schema.ts";
import type { AppEnv } from "../../../platform/http/router.ts";
import { WorkerParams } from "../../workers/request.ts";
import { requireWorker } from "../../workers/workers.ts";
import { addressOfFile } from "../file-address.ts";
import { attestedFile, pathOfProvenance } from "../provenance-address.ts";
import { DELIVERY_PROBLEMS } from "./request.ts";

const route = createRoute({
  method: "get",
  path: "/v1/workers/{id}/{version}/files/{filename}",
  tags: ["Delivery"],
  summary: "Download a file by name",
  description:
    "Redirects to the file's signed URL: what makepkg, curl and pacman follow. `{filename}.minisig` redirects to its minisign " +
    "signature, `{filename}.sig` to its OpenPGP one if it has one, `{filename}.intoto.jsonl` to the build provenance that speaks of it. " +
    "Free workers need no credential, nor does provenance.",
  security: [{}, ...LICENSE_SECURITY],
  request: {
    params: z.object({
      id: WorkerParams.shape.id.openapi({ example: "llm-worker-rbee-premium-cuda" }),
      version: z.string().openapi({ description: "An exact version, or `latest`.", example: "1.2.0" }),
      filename: z.string().openapi({
        description: "The file's name, or it and `.minisig`, `.sig` or `.intoto.jsonl`.",
        example: "llm-worker-rbee-premium-cuda-linux-x86_64",
      }),
    }),
  },
  responses: {
    302: {
      description: "The signed URL, good for five minutes.",
      headers: z.object({
        Location: z.string().openapi({ example: "https://catalog.rbee.dev/dl/WzEsImRsXzA2YjRt..." }),
      }),
    },
    ...problems(...DELIVERY_PROBLEMS),
  },
});

/** Registers `GET /v1/workers/{id}/{version}/files/{filename}`. */
export function registerFile(router: OpenAPIHono<AppEnv>): void {
  router.openapi(route, async (c) => {
    const { id, version, filename } = c.req.valid("param");
    const worker = requireWorker(id);
    const attested = attestedFile(filename);
    if (attested !== null) return c.redirect(await pathOfProvenance(c, worker, version, attested), 302);
    return c.redirect(await addressOfFile(c, worker, version, filename), 302);
  });
}
