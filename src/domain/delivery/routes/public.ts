import { newId } from "../../../lib/id.ts";
import { ANYONE, createRouter, operation, Problem, z } from "../../../platform/http/route.ts";
import { findWorker } from "../../workers/workers.ts";
import { laterDecision } from "../authorization.ts";
import { authorizeDelivery } from "../authorize.ts";
import { fileResponse } from "../file-response.ts";
import { countDownload, logCut } from "../link.ts";
import { isPublicFile, publicPath } from "../public-address.ts";
import { IMMUTABLE, publicBytes } from "../public-file.ts";

const bytes = {
  "application/octet-stream": { schema: z.string().openapi({ format: "binary", example: "(bytes)" }) },
};

/** `GET` and `HEAD` of a free worker's binary under an address with its checksum. */
export const publicFile = createRouter();

publicFile.openapi(
  operation("get", "/dl/free/{worker}/{version}/{sha256}/{filename}", {
    tag: "Delivery",
    summary: "A free worker's binary under its checksum",
    description:
      "The address never serves other bytes, so clients may keep the file: `Cache-Control: public, immutable`. Supports `Range` " +
      "and conditional requests. `.../files/{filename}` redirects here. A blocked version is refused.",
    access: ANYONE,
    params: z.object({
      worker: z.string().openapi({ description: "The worker's id.", example: "llm-worker-rbee-cpu" }),
      version: z.string().openapi({ description: "An exact version.", example: "1.2.0" }),
      sha256: z.string().openapi({
        description: "The file's SHA-256.",
        example: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
      }),
      filename: z.string().openapi({ description: "The file's name.", example: "llm-worker-rbee-cpu-linux-x86_64" }),
    }),
    answers: {
      200: { description: "The file.", content: bytes },
      206: { description: "The part of the file that `Range` asks for.", content: bytes },
      304: ["The client's copy is current."],
    },
    refusals: [
      "VERSION_NOT_FOUND",
      "ARTIFACT_NOT_FOUND",
      "RELEASE_BLOCKED",
      "RANGE_NOT_SATISFIABLE",
      "SERVICE_UNAVAILABLE",
    ],
  }),
  async (c) => {
    const { worker: id, version, sha256, filename } = c.req.valid("param");
    const worker = findWorker(id);
    if (worker?.tier !== "free") throw noSuchFile();
    const wanted = { version, channel: "stable", file: { filename } } as const;
    const delivery = await authorizeDelivery(c, worker, wanted, null);
    if (!isPublicFile(worker, delivery) || delivery.artifact.sha256 !== sha256) throw noSuchFile();
    const link = { id: newId("dl"), issuedAt: c.var.now, workerId: worker.id, version, filename, holder: null };
    const { executionCtx, var: variables } = c;
    const { response, startsHere } = await fileResponse(c.req.raw, delivery, {
      // The address on our own domain, because the Host header must not choose the entry of the cache.
      read: publicBytes(c, variables.config.PUBLIC_URL + publicPath(worker, delivery), delivery),
      decide: laterDecision(c, worker, wanted, null),
      onEnd: (end) => executionCtx.waitUntil(end.then((how) => logCut(how, link, variables.requestId))),
      cacheControl: IMMUTABLE,
    });
    if (startsHere) countDownload(c, link, delivery);
    return response;
  },
);

const noSuchFile = (): Problem =>
  new Problem({ code: "ARTIFACT_NOT_FOUND", detail: "There is no file of a free worker at this address." });
