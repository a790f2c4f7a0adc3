import { createRoute, problems } from "../../../platform/http/route.ts";
import { ADMIN_PROBLEMS, adminAccess } from "../../../platform/identity/authentication.ts";
import { createAdminRouter } from "../../../platform/identity/router.ts";
import { readUpload } from "../artifact/store.ts";
import { ArtifactParams } from "../release-params.ts";
import { ArtifactUpload, presentUpload } from "../view.ts";

export const artifactRead = createAdminRouter();

artifactRead.openapi(
  createRoute({
    ...adminAccess("releases:read"),
    method: "get",
    path: "/v1/admin/releases/{id}/artifacts/{artifact_id}",
    tags: ["Admin: releases"],
    summary: "Read how far an upload is",
    description: "Which parts have arrived: an upload that was cut off goes on with the others.",
    request: { params: ArtifactParams },
    responses: {
      200: { description: "The file and its parts.", content: { "application/json": { schema: ArtifactUpload } } },
      ...problems(...ADMIN_PROBLEMS, "ARTIFACT_NOT_FOUND"),
    },
  }),
  async (c) => {
    const { id, artifact_id } = c.req.valid("param");
    return c.json(presentUpload(await readUpload(c.env.DB, id, artifact_id)), 200);
  },
);
