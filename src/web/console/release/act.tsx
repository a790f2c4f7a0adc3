import { deleteDraft, moveRelease, refusalOfDeletion } from "../../../domain/releases/act.ts";
import { decideMove, RELEASE_ACTIONS } from "../../../domain/releases/decision.ts";
import { ReleaseParams } from "../../../domain/releases/fields.ts";
import { readRelease } from "../../../domain/releases/store.ts";
import { findWorker } from "../../../domain/workers/workers.ts";
import { combine } from "../../../platform/http/route.ts";
import { counted } from "../../page/kit.ts";
import { actRoutes, adminActor, leadTo, Problem, ReasonForm, settle } from "../kit.ts";
import { countEntitledLicenses, readReleaseUse } from "./reach.ts";
import { previewReleaseAct, RELEASE_ACTS, releasePath } from "./words.ts";

/** `GET` and `POST /admin/releases/{id}/{publish|yank|unyank|block}`. */
export const releaseAct = combine(
  ...RELEASE_ACTIONS.map((action) =>
    actRoutes(`/admin/releases/{id}/${action}`, {
      scope: "releases:write",
      params: ReleaseParams,
      does: `${action} a release`,
      example: { reason: "crashes on start with driver 560" },
      description: "The preview includes the number of downloads and licenses affected.",
      answers: { 409: "The form again: the release's state does not allow it." },
      leadsTo: "The page of the release.",
      missing: ["VERSION_NOT_FOUND"],
      schema: ReasonForm,
      actOf: async (c, { id }) => {
        const { DB } = c.env;
        const release = await readRelease(DB, id);
        const { worker_id, version, channel } = release;
        const admin = adminActor(c);
        const { link, button, dangerous } = RELEASE_ACTS[action];
        return {
          title: `${link} version ${version}`,
          about: `${worker_id} ${version} · ${channel}`,
          button,
          dangerous,
          back: releasePath(id),
          preview: async () => {
            const next = decideMove(release, action);
            if (!next.ok) throw new Problem({ code: "CONFLICT", detail: next.error });
            if (next.value === release.status) return ["Nothing changes: this is done already."];
            const use = await readReleaseUse(DB, release, admin.now);
            const isFree = findWorker(worker_id)?.tier === "free";
            const licenses = isFree ? null : await countEntitledLicenses(DB, release, admin.now);
            return previewReleaseAct(release, action, use, licenses);
          },
          carryOut: async ({ reason }) => {
            const { changes } = await moveRelease(DB, admin, id, action, reason);
            return leadTo(c, releasePath(id), { done: action, edge: await settle(c, changes) });
          },
        };
      },
    }),
  ),
);

/** `GET` and `POST /admin/releases/{id}/delete`. */
export const draftDelete = actRoutes("/admin/releases/{id}/delete", {
  scope: "releases:write",
  params: ReleaseParams,
  does: "delete a draft",
  example: { reason: "built from the wrong branch" },
  answers: { 409: "The form again: the release is not a draft." },
  leadsTo: "The list of releases.",
  missing: ["VERSION_NOT_FOUND"],
  schema: ReasonForm,
  actOf: async (c, { id }) => {
    const release = await readRelease(c.env.DB, id);
    const { worker_id, version, channel, artifacts } = release;
    return {
      title: `Delete the draft of version ${version}`,
      about: `${worker_id} ${version} · ${channel}`,
      button: "Delete it",
      dangerous: true,
      back: releasePath(id),
      preview: () => {
        const refusal = refusalOfDeletion(release);
        if (refusal) throw new Problem(refusal);
        return [
          artifacts.length === 0
            ? "It has no files yet."
            : `Its ${counted(artifacts.length, "file")} and unfinished uploads are deleted.`,
          "It was never published, so no installation changes.",
          `Version ${version} can be drafted again. The audit trail keeps its entries.`,
        ];
      },
      carryOut: async ({ reason }) => {
        await deleteDraft(c.env, adminActor(c), id, reason);
        return leadTo(c, "/admin/releases", { done: "delete" });
      },
    };
  },
});
