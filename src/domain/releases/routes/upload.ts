import { BODY_PROBLEMS, createRoute, jsonBodyLimit, optionalBody, problems, z } from "../../../platform/http/route.ts";
import { ADMIN_PROBLEMS, adminActor, createAdminRouter } from "../../../platform/identity/authentication.ts";
import { releaseAccess } from "../access.ts";
import { signaturePolicy } from "../artifact/check.ts";
import { completeArtifact } from "../artifact/completion.ts";
import { readArtifact } from "../artifact/store.ts";
import { uploadPart } from "../artifact/upload.ts";
import { ArtifactParams, PgpSignature, SignatureText } from "../fields.ts";
import { framerOf } from "../framing/framer.ts";
import { ArtifactSchema, CHECK_AGAIN, CheckSchema, presentArtifact, presentCheck } from "../view.ts";

const PartParams = ArtifactParams.extend({
  n: z
    .string()
    .regex(/^[1-9][0-9]{0,4}$/, "must be a part number, from 1")
    .transform(Number)
    .openapi({ param: { description: "The part, from 1." }, type: "integer", example: 1 }),
});

const UploadedPart = z
  .object({
    part: z.int().openapi({ example: 1 }),
    etag: z.string().openapi({ example: "d41d8cd98f00b204e9800998ecf8427e" }),
  })
  .openapi("UploadedPart");

/** Upload the parts of a file and complete it. */
export const uploads = createAdminRouter();

uploads.openapi(
  createRoute({
    ...releaseAccess("releases:write"),
    method: "put",
    path: "/v1/admin/releases/{id}/artifacts/{artifact_id}/parts/{n}",
    tags: ["Admin: files"],
    summary: "Upload a part",
    description:
      "The raw bytes of one part: `part_size` bytes, fewer in the last part. Parts may come in any order, concurrently, and " +
      "again. `CONFLICT`: the file is complete, or storage has lost the upload and every part must be sent again.",
    request: {
      params: PartParams,
      body: {
        required: true,
        content: { "application/octet-stream": { schema: { type: "string", format: "binary" } } },
      },
    },
    responses: {
      200: { description: "The part is stored.", content: { "application/json": { schema: UploadedPart } } },
      ...problems(...ADMIN_PROBLEMS, "VALIDATION_FAILED", "ARTIFACT_NOT_FOUND", "CONFLICT"),
    },
  }),
  async (c) => {
    const { id, artifact_id, n } = c.req.valid("param");
    const artifact = await readArtifact(c.env.DB, id, artifact_id);
    const length = c.req.header("Content-Length");
    return c.json(
      await uploadPart(c.env, adminActor(c), artifact, n, {
        body: c.req.raw.body,
        length: length === undefined ? null : Number(length),
      }),
      200,
    );
  },
);

const Completion = z
  .object({
    signature: SignatureText.nullish().openapi({ description: "Replaces the declared one." }),
    pgp_signature: PgpSignature.nullish().openapi({ description: "Replaces the declared one." }),
    unsigned: z.boolean().optional().openapi({
      description:
        "The file is signed later (`signatures`). Its bytes are checked all the same. Publication waits for it.",
    }),
  })
  .strict()
  .openapi("Completion");

const CompletedArtifact = z.object({ artifact: ArtifactSchema, check: CheckSchema }).openapi("CompletedArtifact");

uploads.openapi(
  createRoute({
    ...releaseAccess("releases:write", jsonBodyLimit, optionalBody),
    method: "post",
    path: "/v1/admin/releases/{id}/artifacts/{artifact_id}/complete",
    tags: ["Admin: files"],
    summary: "Finish an upload",
    description:
      "Assembles the parts, reads the whole file and checks its size, SHA-256 and minisign signature. A file below 64 MiB is " +
      "checked before the answer. A larger one is answered with 202 at once: read the file at `Location` until its `check` has " +
      "passed or is refused. The signature's trusted comment must not name another worker, version or file, nor, for a package, other " +
      "contents. Idempotent; it also starts a stalled check again. `VALIDATION_FAILED` has the faults in `errors`: " +
      "`parts`, `size`, `sha256` or `signature`. A file that differs from its declaration is deleted and must be sent again.",
    request: {
      params: ArtifactParams,
      body: { required: false, content: { "application/json": { schema: Completion } } },
    },
    responses: {
      200: { description: "The file is ready.", content: { "application/json": { schema: CompletedArtifact } } },
      202: {
        description: "The check of the file is under way.",
        content: { "application/json": { schema: CompletedArtifact } },
      },
      ...problems(...ADMIN_PROBLEMS, ...BODY_PROBLEMS, "ARTIFACT_NOT_FOUND", "CONFLICT"),
    },
  }),
  async (c) => {
    const { id, artifact_id } = c.req.valid("param");
    const { signature = null, pgp_signature: pgpSignature = null, unsigned = false } = c.req.valid("json");
    const framer = framerOf(c.env, c.var.service.formats);
    const given = { signature, pgpSignature, unsigned, policy: signaturePolicy(c.var.config), framer };
    const { artifact, check } = await completeArtifact(c.env, adminActor(c), { releaseId: id, id: artifact_id }, given);
    const answer = { artifact: presentArtifact(artifact), check: presentCheck(check) };
    if (check.state === "passed") return c.json(answer, 200);
    return c.json(answer, 202, { Location: `/v1/admin/releases/${id}/artifacts/${artifact_id}`, ...CHECK_AGAIN });
  },
);
