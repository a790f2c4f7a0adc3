import { type Asker, laterDecision } from "../../../domain/delivery/authorization.ts";
import { fileResponse, readObject } from "../../../domain/delivery/file-response.ts";
import { framedResponse } from "../../../domain/delivery/framed/response.ts";
import type { Worker } from "../../../domain/workers/workers.ts";
import { type AppContext, createRoute, createRouter, z } from "../../../platform/http/route.ts";
import { visitorOf } from "../access.ts";
import { type Blob, blobsOf } from "../blob.ts";
import { digestOf, MEDIA_TYPES } from "../names.ts";
import { FORMAT, readRepository } from "../repository.ts";
import { firstAllowed } from "../resolution.ts";
import {
  documentOf,
  RepositoryParams,
  registryErrorsAt,
  requireDigest,
  requireRepository,
  SECURITY,
  TAGS,
} from "../route.ts";

const path = "/v2/rbee/{id}/blobs/{digest}";

const bytes = { schema: z.string().openapi({ format: "binary", example: "(bytes)" }) };

const blob = createRoute({
  method: "get",
  path,
  tags: TAGS,
  summary: "A layer, config or attachment of a container image",
  description:
    "GET or HEAD, with `Range` and conditions for layers. A digest alone opens nothing: a manifest of this repository must name " +
    "it, of a version that the asker may have and that is not blocked.",
  security: SECURITY,
  request: {
    params: RepositoryParams.extend({
      digest: z.string().openapi({
        description: "The blob's digest.",
        example: "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
      }),
    }),
  },
  responses: {
    200: {
      description: "The blob.",
      content: Object.fromEntries(
        ["application/octet-stream", ...Object.values(MEDIA_TYPES), "application/vnd.rbee.minisign.signature"].map(
          (type) => [type, bytes],
        ),
      ),
    },
    206: {
      description: "The part of the layer that `Range` asks for.",
      content: { "application/octet-stream": bytes },
    },
    304: { description: "The client's copy is current." },
    ...registryErrorsAt(path, "RANGE_NOT_SATISFIABLE"),
  },
});

/** `GET` and `HEAD` of blobs. */
export const blobs = createRouter();

blobs.openapi(blob, async (c) => {
  const { id, digest } = c.req.valid("param");
  const worker = requireRepository(id);
  const hex = requireDigest(digest);
  const visitor = await visitorOf(c, worker);
  const repository = await readRepository(c, worker, visitor.asker);
  const candidates = blobsOf(repository, hex);
  const found = await firstAllowed(c, repository, candidates, visitor, "The repository has no such blob.");
  const { version } = found.version.release;
  c.var.subject.version = version;
  const headers = { "Docker-Content-Digest": digestOf(hex) };
  switch (found.kind) {
    case "layer":
      return framedResponse(c, worker, { format: FORMAT, sha256: hex, version }, visitor.asker, { headers });
    case "text":
      return documentOf(c, worker, found.text, found.type, hex);
    case "object":
      return answerObject(c, worker, hex, found, visitor.asker);
  }
});

/** Answers with an object of R2 that belongs to a version, with Range, and decides again while it runs. */
async function answerObject(
  c: AppContext,
  worker: Worker,
  sha256: string,
  { version: { release, images }, key, size, filename, stored }: Extract<Blob, { kind: "object" }>,
  asker: Asker | null,
): Promise<Response> {
  const [{ artifact }] = images;
  const wanted = { version: release.version, channel: "stable", file: { filename: stored } } as const;
  const { response } = await fileResponse(
    c.req.raw,
    { release, artifact: { ...artifact, filename, size, sha256 } },
    {
      read: (part) => readObject(c.env.BINARIES, key, part),
      decide: laterDecision(c, worker, wanted, asker),
      onEnd: (end) => c.executionCtx.waitUntil(end),
    },
  );
  response.headers.set("Docker-Content-Digest", digestOf(sha256));
  return response;
}
