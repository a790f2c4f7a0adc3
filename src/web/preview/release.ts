import { packageFormats } from "../../domain/catalog/format.ts";
import { readReleaseFor, releaseAdmin } from "../../domain/releases/access.ts";
import { MOVE_SCOPES } from "../../domain/releases/decision.ts";
import { ReleaseParams } from "../../domain/releases/fields.ts";
import { publicationRules } from "../../domain/releases/publication.ts";
import type { NeededScope } from "../../platform/config/scopes.ts";
import { operation, z } from "../../platform/http/route.ts";
import { adminActor, createAdminRouter } from "../../platform/identity/authentication.ts";
import { previewDeletion, previewMove, previewUnblock } from "../console/release/preview.ts";
import { PreviewAnswer, requireScopeOf } from "./answer.ts";

/** The acts on a release that have a preview, and the scope that each act needs. */
const RELEASE_ACTS = {
  ...MOVE_SCOPES,
  unblock: "owner",
  delete: "releases:write",
} as const satisfies Record<string, NeededScope>;

/** `GET /v1/admin/releases/{id}/preview`. */
export const releasePreview = createAdminRouter();

releasePreview.openapi(
  operation("get", "/v1/admin/releases/{id}/preview", {
    tag: "Admin: releases",
    summary: "Preview an act on a release",
    description:
      "The consequences of an act, a sentence each, by the decision of the act itself, with the downloads and licenses that it " +
      "affects. It changes nothing. It needs the scope of the act, and is refused as the act would be.",
    access: releaseAdmin("releases:read"),
    params: ReleaseParams,
    query: z.object({
      act: z
        .enum(["publish", "yank", "unyank", "block", "unblock", "delete"])
        .openapi({ param: { description: "The act to preview." } }),
    }),
    answers: { 200: ["The consequences.", PreviewAnswer] },
    refusals: ["VERSION_NOT_FOUND", "CONFLICT"],
  }),
  async (c) => {
    const { act } = c.req.valid("query");
    const { id } = c.req.valid("param");
    const actor = adminActor(c);
    requireScopeOf(actor, RELEASE_ACTS[act]);
    const release = await readReleaseFor(c.env.DB, c.var.admin, id);
    const about = `${release.worker_id} ${release.version} · ${release.channel}`;
    const answer = (consequences: string[]) => c.json({ act, subject: id, about, consequences }, 200);
    if (act === "delete") return answer(previewDeletion(release, actor));
    if (act === "unblock") return answer(previewUnblock(release));
    const rules = publicationRules(c.var.config, packageFormats(c.var.service.formats));
    return answer(await previewMove(c.env, release, act, { rules, now: actor.now }));
  },
);
