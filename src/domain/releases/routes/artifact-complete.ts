import { BODY_PROBLEMS, createRoute, jsonBodyLimit, optionalBody, problems, z } from "../../../platform/http/route.ts";
import { ADMIN_PROBLEMS, adminAccess, adminActor } from "../../../platform/identity/authentication.ts";
import { createAdminRouter } from "../../../platform/identity/router.ts";
import { completeArtifact } from "../artifact/completion.ts";
import { PgpSignature, SignatureText } from "../fields.ts";
import { ArtifactParams } from "../release-params.ts";
import { ArtifactSchema, presentArtifact } from "../view.ts";
import { signaturePolicy } from "../signing-keys.ts";

const Completion = z
  .object({
    signature: SignatureText.nullish().openapi({ description: "Takes the place of the declared one." }),
    pgp_signature: PgpSignature.nullish().openapi({ description: "Takes the place of the declared one." }),
  })
  .strict()
  .openapi("Completion");

const CompletedArtifact = z.object({ artifact: ArtifactSchema }).openapi("CompletedArtifact");

export const artifactComplete = createAdminRouter();

artifactComplete.openapi(
  createRoute({
    ...adminAccess("releases:write", jsonBodyLimit, optionalBody),
    method: "post",
    path: "/v1/admin/releases/{id}/artifacts/{artifact_id}/complete",
    tags: ["Admin: releases"],
    summary: "Finish an upload",
    description:
      "Puts the parts together, reads the whole file and checks its size, SHA-256 and minisign signature; that takes some " +
      "seconds for each gigabyte. Can be repeated until it is answered. `VALIDATION_FAILED` names in `errors` what is off: " +
      "`parts`, `size`, `sha256` or `signature`. A file that is not what was declared is deleted and must be sent again.",
    request: {
      params: ArtifactParams,
      body: { required: false, content: { "application/json": { schema: Completion } } },
    },
    responses: {
      200: { description: "It is ready.", content: { "application/json": { schema: CompletedArtifact } } },
      ...problems(...ADMIN_PROBLEMS, ...BODY_PROBLEMS, "ARTIFACT_NOT_FOUND", "CONFLICT"),
    },
  }),
  async (c) => {
    const { id, artifact_id } = c.req.valid("param");
    const { signature = null, pgp_signature: pgpSignature = null } = c.req.valid("json");
    const given = { signature, pgpSignature, policy: signaturePolicy(c.var.config) };
    const artifact = await completeArtifact(c.env, adminActor(c), { releaseId: id, id: artifact_id }, given);
    return c.json({ artifact: presentArtifact(artifact) }, 200);
  },
);
