import { createRoute, problems } from "../../../platform/http/route.ts";
import { ADMIN_PROBLEMS, adminAccess, adminActor } from "../../../platform/identity/authentication.ts";
import { createAdminRouter } from "../../../platform/identity/router.ts";
import { removeArtifact } from "../artifact/upload.ts";
import { ArtifactParams } from "../release-params.ts";

export const artifactDelete = createAdminRouter();

artifactDelete.openapi(
  createRoute({
    ...adminAccess("releases:write"),
    method: "delete",
    path: "/v1/admin/releases/{id}/artifacts/{artifact_id}",
    tags: ["Admin: releases"],
    summary: "Remove a file from a draft",
    description: "Its bytes are deleted. `CONFLICT`: the release is no draft any more.",
    request: { params: ArtifactParams },
    responses: {
      204: { description: "It is gone." },
      ...problems(...ADMIN_PROBLEMS, "ARTIFACT_NOT_FOUND", "CONFLICT"),
    },
  }),
  async (c) => {
    const { id, artifact_id } = c.req.valid("param");
    await removeArtifact(c.env, adminActor(c), id, artifact_id);
    return c.body(null, 204);
  },
);
