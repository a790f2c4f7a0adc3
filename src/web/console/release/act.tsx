import { packageFormats } from "../../../domain/catalog/format.ts";
import { readReleaseFor } from "../../../domain/releases/access.ts";
import { deleteDraft, moveRelease } from "../../../domain/releases/act.ts";
import { MOVE_SCOPES, nextStatus, RELEASE_ACTIONS, type ReleaseAction } from "../../../domain/releases/decision.ts";
import { ReleaseParams } from "../../../domain/releases/fields.ts";
import { publicationRules } from "../../../domain/releases/publication.ts";
import type { Release } from "../../../domain/releases/store.ts";
import { unblockRelease } from "../../../domain/releases/unblock.ts";
import { actRoutes, adminActor, BRAKED, brake, combine, goTo, ReasonForm, settle } from "../kit.ts";
import { releasePath } from "./list.tsx";
import { previewDeletion, previewMove, previewUnblock } from "./preview.ts";

/** An action on a release, as the console offers it. */
type ReleaseAct = { link: string; button: string; dangerous: boolean; done: string };

/** Each action on a release. */
export const RELEASE_ACTS: Record<ReleaseAction, ReleaseAct> = {
  publish: { link: "Publish", button: "Publish it", dangerous: false, done: "The release is published." },
  yank: { link: "Yank", button: "Yank it", dangerous: true, done: "The release is yanked." },
  unyank: { link: "Unyank", button: "Unyank it", dangerous: false, done: "The release is listed again." },
  block: { link: "Block", button: "Block it", dangerous: true, done: "The release is blocked." },
};

/** The actions that change a release with this status. */
export const actionsFrom = (status: Release["status"]): ReleaseAction[] =>
  RELEASE_ACTIONS.filter((action) => {
    const next = nextStatus(status, action);
    return next.ok && next.value !== status;
  });

/** `GET` and `POST /admin/releases/{id}/{publish|yank|unyank|block}`. */
export const releaseAct = combine(
  ...RELEASE_ACTIONS.map((action) =>
    actRoutes(`/admin/releases/{id}/${action}`, {
      scope: MOVE_SCOPES[action],
      params: ReleaseParams,
      does: `${action} a release`,
      example: { reason: "crashes on start with driver 560" },
      description: "The preview includes the number of downloads and licenses affected.",
      answers: {
        409: "The form again: the release's state does not allow it.",
        ...((action === "yank" || action === "block") && { 429: BRAKED }),
      },
      leadsTo: "The page of the release.",
      missing: ["VERSION_NOT_FOUND"],
      schema: ReasonForm,
      actOf: async (c, { id }) => {
        const { DB } = c.env;
        const release = await readReleaseFor(DB, c.var.admin, id);
        const { worker_id, version, channel } = release;
        const admin = adminActor(c);
        const rules = publicationRules(c.var.config, packageFormats(c.var.service.formats));
        const { link, button, dangerous } = RELEASE_ACTS[action];
        return {
          title: `${link} version ${version}`,
          about: `${worker_id} ${version} · ${channel}`,
          button,
          dangerous,
          back: releasePath(id),
          preview: () => previewMove(c.env, release, action, { rules, now: admin.now }),
          carryOut: async ({ reason }) => {
            if (action === "yank" || action === "block") await brake(c, action);
            const { changes } = await moveRelease(DB, admin, id, action, reason, rules);
            return goTo(c, releasePath(id), { done: action, edge: await settle(c, changes) });
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
    const release = await readReleaseFor(c.env.DB, c.var.admin, id);
    const { worker_id, version, channel } = release;
    return {
      title: `Delete the draft of version ${version}`,
      about: `${worker_id} ${version} · ${channel}`,
      button: "Delete it",
      dangerous: true,
      back: releasePath(id),
      preview: () => previewDeletion(release, adminActor(c)),
      carryOut: async ({ reason }) => {
        await deleteDraft(c.env, adminActor(c), id, reason);
        return goTo(c, "/admin/releases", { done: "delete" });
      },
    };
  },
});

/** `GET` and `POST /admin/releases/{id}/unblock`. */
export const releaseUnblock = actRoutes("/admin/releases/{id}/unblock", {
  scope: "owner",
  params: ReleaseParams,
  does: "lift the block of a release",
  example: { reason: "the new build is without the fault" },
  answers: { 409: "The form again: the release is not blocked." },
  leadsTo: "The page of the release.",
  missing: ["VERSION_NOT_FOUND"],
  schema: ReasonForm,
  actOf: async (c, { id }) => {
    const release = await readReleaseFor(c.env.DB, c.var.admin, id);
    const { worker_id, version, channel } = release;
    return {
      title: `Lift the block of version ${version}`,
      about: `${worker_id} ${version} · ${channel}`,
      button: "Lift the block",
      dangerous: true,
      back: releasePath(id),
      preview: () => previewUnblock(release),
      carryOut: async ({ reason }) => {
        const { changes } = await unblockRelease(c.env, adminActor(c), id, reason);
        return goTo(c, releasePath(id), { done: "unblock", edge: await settle(c, changes) });
      },
    };
  },
});
