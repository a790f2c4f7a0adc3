import { logFailure } from "../../../lib/log.ts";
import { ANYONE, createRouter, namesEtag, operation, Problem, z } from "../../../platform/http/route.ts";
import { requireWorker } from "../../workers/workers.ts";
import { readDeliveryFacts } from "../facts.ts";
import { selectProvenance } from "../provenance.ts";

const EXAMPLE =
  '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6...","signatures":[{"sig":"MEUC..."}]}\n';

export const provenanceRead = createRouter();

provenanceRead.openapi(
  operation("get", "/v1/workers/{id}/{version}/provenance", {
    tag: "Releases",
    summary: "The build provenance of a release",
    description:
      "In-toto attestations as the publisher's builder wrote them: one document, or one on each line. They are public for premium " +
      "workers, too. The catalog has checked that they attest this release's files, but not their signatures. Verify those with " +
      "the builder's own tools (cosign, slsa-verifier, gh attestation).",
    access: ANYONE,
    params: z.object({
      id: z.string().openapi({ param: { description: "The worker's id or variant." }, example: "premium-cuda" }),
      version: z.string().openapi({ description: "An exact version, or `latest`.", example: "1.2.0" }),
    }),
    answers: {
      200: {
        description: "The attestations.",
        content: { "application/x-ndjson": { schema: z.string().openapi({ example: EXAMPLE }) } },
      },
      304: ["The client's copy is current."],
    },
    refusals: ["WORKER_NOT_FOUND", "VERSION_NOT_FOUND", "ARTIFACT_NOT_FOUND", "RELEASE_BLOCKED", "SERVICE_UNAVAILABLE"],
  }),
  async (c) => {
    const { id, version } = c.req.valid("param");
    const worker = requireWorker(id);
    const { manifest } = await readDeliveryFacts(c, worker.id, null);
    const selected = selectProvenance(manifest, version);
    if (!selected.ok) throw new Problem(selected.error);
    const { release, provenance } = selected.value;
    const headers = { ETag: `"${provenance.sha256}"`, "Cache-Control": "public, max-age=60" };
    if (namesEtag(c.req.header("If-None-Match"), headers.ETag)) return c.body(null, 304, headers);
    const object = await c.env.BINARIES.get(provenance.object_key);
    if (!object) {
      logFailure("artifact.missing", "R2 has no such object.", { object_key: provenance.object_key });
      throw new Problem({
        code: "SERVICE_UNAVAILABLE",
        detail: "We cannot read the provenance at the moment. Please try again.",
      });
    }
    const filename = `${worker.id}-${release.version}.intoto.jsonl`;
    return new Response(object.body, {
      headers: {
        ...headers,
        "Content-Type": "application/x-ndjson",
        "Content-Length": String(provenance.size),
        "Content-Disposition": `attachment; filename="${filename}"`,
      },
    });
  },
);
