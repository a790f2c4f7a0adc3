import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { AppEnv } from "../../http/app.ts";
import { LICENSE_SECURITY } from "../../http/openapi-vocabulary.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problem-schema.ts";
import { authorizeDelivery } from "../authorization.ts";
import { fileUrl, linkTo, signatureUrl } from "../link-making.ts";
import { askerOf, DELIVERY_PROBLEMS, setPrivate, wantedWorker } from "./request.ts";

const MINISIG = ".minisig";

const route = createRoute({
  method: "get",
  path: "/v1/workers/{id}/{version}/files/{filename}",
  tags: ["Delivery"],
  summary: "Download a file by name",
  description:
    "Redirects to the file's signed URL: what makepkg, curl and pacman follow. `{filename}.minisig` redirects to its minisign " +
    "signature. Free workers need no credential.",
  security: [{}, ...LICENSE_SECURITY],
  request: {
    params: z.object({
      id: z.string().openapi({ example: "llm-worker-rbee-premium-cuda" }),
      version: z.string().openapi({ description: "An exact version, or `latest`.", example: "1.2.0" }),
      filename: z.string().openapi({ example: "llm-worker-rbee-premium-cuda-linux-x86_64" }),
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
    const worker = wantedWorker(id);
    const asker = await askerOf(c, worker);
    const isSignature = filename.endsWith(MINISIG);
    const name = isSignature ? filename.slice(0, -MINISIG.length) : filename;
    const wanted = { version, channel: "stable", file: { filename: name } } as const;
    const delivery = await authorizeDelivery(c, worker, wanted, asker);
    if (isSignature && delivery.artifact.signature === null) {
      throw new Problem({ code: "ARTIFACT_NOT_FOUND", detail: "This file has no signature." });
    }
    const sealed = await linkTo(c, worker, delivery, asker);
    setPrivate(c, worker);
    return c.redirect(isSignature ? signatureUrl(c, sealed) : await fileUrl(c, sealed, delivery), 302);
  });
}
