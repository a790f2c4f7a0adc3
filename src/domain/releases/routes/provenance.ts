import { createRoute, limitBody, problems, z } from "../../../platform/http/route.ts";
import { ADMIN_PROBLEMS, adminActor, createAdminRouter } from "../../../platform/identity/authentication.ts";
import { settle } from "../../../platform/storage/settle.ts";
import { releaseAccess } from "../access.ts";
import { ReleaseParams } from "../fields.ts";
import { attachProvenance } from "../provenance/store.ts";
import { presentRelease, ReleaseAnswer } from "../view.ts";

const EXAMPLE =
  '{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6...","signatures":[{"sig":"MEUC..."}]}';

export const provenanceAttach = createAdminRouter();

provenanceAttach.openapi(
  createRoute({
    ...releaseAccess("releases:write", limitBody(1024 * 1024)),
    method: "put",
    path: "/v1/admin/releases/{id}/provenance",
    tags: ["Admin: files"],
    summary: "Attach build provenance to a release",
    description:
      "SLSA provenance (v1 or v0.2) as the builder wrote it: a DSSE envelope, a Sigstore bundle, or JSON Lines of either; at " +
      "most 1 MiB. Every subject must be a file of the release, by name and SHA-256. Sigstore bundles of GitHub Actions are verified: " +
      "`verified` in the answer, or `reason`. A draft's provenance may be replaced. A published release may still gain one, and then " +
      "keeps it (`CONFLICT`): from its publisher, or signed by a named publisher of the worker. Idempotent.",
    request: {
      params: ReleaseParams,
      body: {
        required: true,
        content: { "application/octet-stream": { schema: z.string().openapi({ format: "binary", example: EXAMPLE }) } },
      },
    },
    responses: {
      200: { description: "The release.", content: { "application/json": { schema: ReleaseAnswer } } },
      ...problems(...ADMIN_PROBLEMS, "VALIDATION_FAILED", "PAYLOAD_TOO_LARGE", "VERSION_NOT_FOUND", "CONFLICT"),
    },
  }),
  async (c) => {
    const { id } = c.req.valid("param");
    const { row, changes } = await attachProvenance(c.env, c.var.config, adminActor(c), id, await c.req.arrayBuffer());
    await settle(c, changes);
    return c.json({ release: presentRelease(row) }, 200);
  },
);
