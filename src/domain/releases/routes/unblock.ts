import { operation, z } from "../../../platform/http/route.ts";
import { adminActor, createAdminRouter, Reason } from "../../../platform/identity/authentication.ts";
import { settle } from "../../../platform/storage/settle.ts";
import { releaseAdmin } from "../access.ts";
import { ReleaseParams } from "../fields.ts";
import { unblockRelease } from "../unblock.ts";
import { presentRelease, ReleaseAnswer } from "../view.ts";

/** `POST /v1/admin/releases/{id}/unblock`. */
export const releaseUnblock = createAdminRouter();

releaseUnblock.openapi(
  operation("post", "/v1/admin/releases/{id}/unblock", {
    tag: "Admin: releases",
    summary: "Lift the block of a release",
    description:
      "The version is free for a new, signed build. The release becomes an empty draft, which the next draft of the version " +
      "replaces. Its files leave it; their sums stay in the audit trail. The blocked bytes are never offered again: a file with " +
      "such a sum is refused at its completion, for every worker; so is the signed source that the release had. Idempotent. `CONFLICT`: the release is not blocked.",
    access: releaseAdmin("owner"),
    params: ReleaseParams,
    body: z
      .object({ reason: Reason.openapi({ example: "the new build is without the fault" }) })
      .openapi("ReleaseUnblock"),
    answers: { 200: ["The release.", ReleaseAnswer] },
    refusals: ["VERSION_NOT_FOUND", "CONFLICT"],
  }),
  async (c) => {
    const { reason } = c.req.valid("json");
    const { row, changes } = await unblockRelease(c.env, adminActor(c), c.req.valid("param").id, reason);
    await settle(c, changes);
    return c.json({ release: presentRelease(row) }, 200);
  },
);
