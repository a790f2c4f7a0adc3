import { logFailure } from "../../../lib/log.ts";
import { parseByteRange } from "../../../platform/http/byte-range.ts";
import { namesEtag, operation, Problem, z } from "../../../platform/http/route.ts";
import { adminActor, createAdminRouter } from "../../../platform/identity/authentication.ts";
import { settle } from "../../../platform/storage/settle.ts";
import { releaseAdmin } from "../access.ts";
import { signaturePolicy } from "../artifact/check.ts";
import { signDraft } from "../artifact/signing.ts";
import { readArtifact } from "../artifact/store.ts";
import { ArtifactParams, LastChange, PgpSignature, ReleaseParams, SignatureText } from "../fields.ts";
import { readRelease } from "../store.ts";
import { presentRelease, ReleaseAnswer } from "../view.ts";

/** What the holder of the release key needs: the bytes of a draft, its provenance, and the place for signatures. */
export const signing = createAdminRouter();

/** The bytes of an object, or of a part. Throws SERVICE_UNAVAILABLE if R2 does not have it. */
async function readStored(
  bucket: Pick<R2Bucket, "get">,
  key: string,
  options: R2GetOptions = {},
): Promise<ReadableStream> {
  const object = await bucket.get(key, options);
  if (object) return object.body;
  logFailure("artifact.missing", "R2 has no such object.", { object_key: key });
  throw new Problem({ code: "SERVICE_UNAVAILABLE", detail: "We cannot read the file now. Please try again." });
}

const bytes = { "application/octet-stream": { schema: { type: "string", format: "binary" } as const } };

signing.openapi(
  operation("get", "/v1/admin/releases/{id}/artifacts/{artifact_id}/content", {
    tag: "Admin: files",
    summary: "Download a file of a draft",
    description:
      "For the holder of the release key, who signs what they have read. Supports `Range` and `If-Range`, so a download resumes. `CONFLICT`: the release is no " +
      "draft, so its files are downloaded like everybody's, or the file is not uploaded and checked yet.",
    access: releaseAdmin("releases:write"),
    params: ArtifactParams,
    answers: {
      200: { description: "The bytes.", content: bytes },
      206: { description: "The requested part.", content: bytes },
      416: ["The file has no such part."],
    },
    refusals: ["ARTIFACT_NOT_FOUND", "CONFLICT", "SERVICE_UNAVAILABLE"],
  }),
  async (c) => {
    const { id, artifact_id } = c.req.valid("param");
    const { filename, sha256, size, state, object_key } = await readArtifact(c.env.DB, id, artifact_id);
    const { status } = await readRelease(c.env.DB, id);
    if (status !== "draft") throw new Problem({ code: "CONFLICT", detail: `The release is ${status}, not a draft.` });
    if (state !== "ready") throw new Problem({ code: "CONFLICT", detail: `${filename} is not checked yet.` });
    const etag = `"${sha256}"`;
    const headers = new Headers({ ETag: etag, "Accept-Ranges": "bytes", "Content-Type": "application/octet-stream" });
    // A part of other bytes must not be joined to the caller's (RFC 9110, 13.1.5).
    const isSame = (c.req.header("If-Range") ?? etag) === etag;
    const range = isSame ? parseByteRange(c.req.header("Range") ?? null, size) : "whole";
    if (range === "unsatisfiable") {
      headers.set("Content-Range", `bytes */${size}`);
      return new Response(null, { status: 416, headers });
    }
    const body = await readStored(c.env.BINARIES, object_key, range === "whole" ? {} : { range });
    const { offset, length } = range === "whole" ? { offset: 0, length: size } : range;
    headers.set("Content-Length", String(length));
    headers.set("Content-Disposition", `attachment; filename="${filename}"`);
    if (range !== "whole") headers.set("Content-Range", `bytes ${offset}-${offset + length - 1}/${size}`);
    return new Response(body, { status: range === "whole" ? 200 : 206, headers });
  },
);

signing.openapi(
  operation("get", "/v1/admin/releases/{id}/provenance", {
    tag: "Admin: files",
    summary: "Download the provenance of a release",
    description: "As it was attached, also of a draft. `ARTIFACT_NOT_FOUND`: none is attached.",
    access: releaseAdmin("releases:read"),
    params: ReleaseParams,
    answers: {
      200: {
        description: "The attestations.",
        content: { "application/x-ndjson": { schema: { type: "string" } as const } },
      },
      304: ["The caller's copy is current."],
    },
    refusals: ["VERSION_NOT_FOUND", "ARTIFACT_NOT_FOUND", "SERVICE_UNAVAILABLE"],
  }),
  async (c) => {
    const { provenance } = await readRelease(c.env.DB, c.req.valid("param").id);
    if (!provenance) throw new Problem({ code: "ARTIFACT_NOT_FOUND", detail: "No provenance is attached." });
    const headers = { ETag: `"${provenance.sha256}"` };
    if (namesEtag(c.req.header("If-None-Match"), headers.ETag)) return c.body(null, 304, headers);
    const body = await readStored(c.env.BINARIES, provenance.object_key);
    return new Response(body, { headers: { ...headers, "Content-Type": "application/x-ndjson" } });
  },
);

const NewSignatures = z
  .object({
    files: z
      .array(
        z
          .object({
            artifact_id: z.string().openapi({ example: "art_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
            signature: SignatureText,
            pgp_signature: PgpSignature.nullish(),
          })
          .strict(),
      )
      .min(1)
      .max(100),
    if_last_change: LastChange.nullish(),
  })
  .strict()
  .openapi("NewSignatures");

signing.openapi(
  operation("post", "/v1/admin/releases/{id}/signatures", {
    tag: "Admin: files",
    summary: "Sign the files of a draft",
    description:
      "Attaches minisign signatures that were made after the upload: all of them, or none. Each must verify for its file, whose " +
      "bytes the catalog has checked. A draft's signatures may be replaced. Idempotent. `CONFLICT`: the release is no draft, a " +
      "file is not checked yet, or the draft has changed since `if_last_change`.",
    access: releaseAdmin("releases:write"),
    params: ReleaseParams,
    body: NewSignatures,
    limit: 2 * 1024 * 1024,
    answers: { 200: ["The release.", ReleaseAnswer] },
    refusals: ["VERSION_NOT_FOUND", "ARTIFACT_NOT_FOUND", "CONFLICT"],
  }),
  async (c) => {
    const { files, if_last_change: lastChange = null } = c.req.valid("json");
    const given = files.map(({ pgp_signature = null, ...file }) => ({ ...file, pgp_signature }));
    const { id } = c.req.valid("param");
    const policy = signaturePolicy(c.var.config);
    const { row, changes } = await signDraft(c.env.DB, adminActor(c), id, { files: given, lastChange }, policy);
    await settle(c, changes);
    return c.json({ release: presentRelease(row) }, 200);
  },
);
