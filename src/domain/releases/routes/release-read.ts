import { createRoute, problems } from "../../../platform/http/route.ts";
import { ADMIN_PROBLEMS, adminAccess } from "../../../platform/identity/authentication.ts";
import { createAdminRouter } from "../../../platform/identity/router.ts";
import { ReleaseParams } from "../release-params.ts";
import { readRelease } from "../store.ts";
import { presentRelease, ReleaseAnswer } from "../view.ts";

export const releaseRead = createAdminRouter();

releaseRead.openapi(
  createRoute({
    ...adminAccess("releases:read"),
    method: "get",
    path: "/v1/admin/releases/{id}",
    tags: ["Admin: releases"],
    summary: "Read a release",
    description: "With its files, ready or not.",
    request: { params: ReleaseParams },
    responses: {
      200: { description: "The release.", content: { "application/json": { schema: ReleaseAnswer } } },
      ...problems(...ADMIN_PROBLEMS, "VERSION_NOT_FOUND"),
    },
  }),
  async (c) => c.json({ release: presentRelease(await readRelease(c.env.DB, c.req.valid("param").id)) }, 200),
);
