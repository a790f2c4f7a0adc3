import { logFailure } from "../../../lib/log.ts";
import { err, ok, type Result } from "../../../lib/result.ts";
import {
  ANYONE,
  createRouter,
  namesEtag,
  operation,
  Problem,
  type Refusal,
  type RequestScope,
  z,
} from "../../../platform/http/route.ts";
import type { Manifest, ManifestRelease } from "../../releases/manifest.ts";
import { findRelease, latestRelease } from "../../releases/selection.ts";
import { requireWorker, type Worker } from "../../workers/workers.ts";
import { readDeliveryFacts } from "../facts.ts";

/** A release and its provenance. */
type OfferedProvenance = { release: ManifestRelease; provenance: NonNullable<ManifestRelease["provenance"]> };

/**
 * The provenance of an exact version or of `latest`; with `filename`, only if it attests that file. Public, because it
 * opens no file. Errors: VERSION_NOT_FOUND, RELEASE_BLOCKED, ARTIFACT_NOT_FOUND.
 */
function selectProvenance(manifest: Manifest, version: string, filename?: string): Result<OfferedProvenance, Refusal> {
  const release = version === "latest" ? latestRelease(manifest) : findRelease(manifest, version);
  if (!release) return err({ code: "VERSION_NOT_FOUND", detail: `${manifest.worker_id} has no such version.` });
  const name = `${manifest.worker_id} ${release.version}`;
  if (release.status === "blocked") return err({ code: "RELEASE_BLOCKED", detail: `${name} has been withdrawn.` });
  const { provenance } = release;
  if (provenance && (filename === undefined || provenance.subjects.includes(filename))) {
    return ok({ release, provenance });
  }
  const what = filename === undefined ? name : `${filename} of ${name}`;
  return err({ code: "ARTIFACT_NOT_FOUND", detail: `No provenance is attached to ${what}.` });
}

/** The public path of the provenance of a worker's file. Throws the problem if there is none. */
export async function pathOfProvenance(
  c: RequestScope,
  worker: Worker,
  version: string,
  filename: string,
): Promise<string> {
  const { manifest } = await readDeliveryFacts(c, worker.id, null);
  const selected = selectProvenance(manifest, version, filename);
  if (!selected.ok) throw new Problem(selected.error);
  return `/v1/workers/${worker.id}/${selected.value.release.version}/provenance`;
}

const EXAMPLE =
  '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6...","signatures":[{"sig":"MEUC..."}]}\n';

export const provenanceRead = createRouter();

provenanceRead.openapi(
  operation("get", "/v1/workers/{id}/{version}/provenance", {
    tag: "Releases",
    summary: "The build provenance of a release",
    description:
      "In-toto attestations as the publisher's builder wrote them: one document, or one on each line. They are public for premium " +
      "workers, too. The catalog has checked that they attest this release's files. The list of versions tells whether it has verified the " +
      "signer. To verify that yourself, use the builder's tools (gh attestation, cosign, slsa-verifier).",
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
