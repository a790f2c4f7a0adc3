import { createRoute, problems } from "../../../platform/http/route.ts";
import { ADMIN_PROBLEMS, adminAccess, adminActor } from "../../../platform/identity/authentication.ts";
import { createAdminRouter } from "../../../platform/identity/router.ts";
import { deleteDraft } from "../draft-deletion.ts";
import { ReleaseParams } from "../release-params.ts";

export const draftDelete = createAdminRouter();

draftDelete.openapi(
  createRoute({
    ...adminAccess("releases:write"),
    method: "delete",
    path: "/v1/admin/releases/{id}",
    tags: ["Admin: releases"],
    summary: "Delete a draft",
    description:
      "With its files, finished or not; its version can be drafted again. `CONFLICT`: the release has been published, and is yanked or " +
      "blocked instead.",
    request: { params: ReleaseParams },
    responses: {
      204: { description: "It is gone." },
      ...problems(...ADMIN_PROBLEMS, "VERSION_NOT_FOUND", "CONFLICT"),
    },
  }),
  async (c) => {
    await deleteDraft(c.env, adminActor(c), c.req.valid("param").id, null);
    return c.body(null, 204);
  },
);
