import { packageFormats } from "../../../domain/catalog/format.ts";
import { readReleaseFor } from "../../../domain/releases/access.ts";
import { decideOn, deleteDraft, moveRelease, refusalOfDeletion } from "../../../domain/releases/act.ts";
import { MOVE_SCOPES, nextStatus, RELEASE_ACTIONS, type ReleaseAction } from "../../../domain/releases/decision.ts";
import { ReleaseParams } from "../../../domain/releases/fields.ts";
import { publicationRules } from "../../../domain/releases/publication.ts";
import type { Release } from "../../../domain/releases/store.ts";
import { refusalOfUnblock, unblockRelease } from "../../../domain/releases/unblock.ts";
import { findWorker } from "../../../domain/workers/workers.ts";
import { REVOCATION_SECONDS } from "../../../platform/storage/edge-store.ts";
import { counted } from "../../page/kit.ts";
import { actRoutes, adminActor, BRAKED, brake, combine, goTo, Problem, ReasonForm, settle } from "../kit.ts";
import { releasePath } from "./list.tsx";
import { countEntitledLicenses, REACH_DAYS, type ReleaseUse, readReleaseUse } from "./reach.ts";

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

const SOON = `usually within ${REVOCATION_SECONDS} seconds`;

/**
 * Previews an action on a release: its consequences, a sentence each. `licenses` counts those in force that grant it;
 * null for a free worker, because everybody may have it.
 */
function previewReleaseAct(
  { worker_id, version, channel, artifacts }: Release,
  action: ReleaseAction,
  use: ReleaseUse | null,
  licenses: number | null,
): string[] {
  const audience = licenses === null ? "everybody" : `${counted(licenses, "license")} in force`;
  const used = useInWords(use, licenses === null);
  const runnable = artifacts.filter(({ kind }) => kind !== "source");
  const files = [...new Set(runnable.map(({ platform }) => platform))].join(", ");
  switch (action) {
    case "publish":
      return [
        `${worker_id} ${version} is offered to ${audience} for ${files || "no platform yet"} ${SOON}.`,
        channel === "stable"
          ? "It becomes the latest version if no stable version is higher."
          : `Hives that follow the channel ${channel} get it.`,
        "Its files can never change again.",
      ];
    case "yank":
      return [
        `It disappears from lists ${SOON}. A request for the latest version gets the one before it.`,
        "A request for exactly this version still works, so pinned installations do not break.",
        used,
        "You can unyank it later.",
      ];
    case "unyank":
      return [
        `It is listed again ${SOON}, and becomes the latest version if no stable version is higher.`,
        `It is offered to ${audience}.`,
      ];
    case "block":
      return [
        `Its files, including links already handed out, are refused to everybody ${SOON}. The refusal says that the release was withdrawn.`,
        "Installations pinned to this version break. Workers already installed keep running.",
        used,
        `It was available to ${audience}.`,
        "These files are never offered again. An owner may free the version for a new build; better publish a new version.",
      ];
  }
}

function useInWords(use: ReleaseUse | null, isFree: boolean): string {
  if (use === null) return "The statistics do not answer, so it is not known how often it was downloaded.";
  if (use.downloads === 0) return `It was not downloaded in the last ${REACH_DAYS} days.`;
  const users = isFree ? "" : `, by ${counted(use.licenses, "license")}`;
  return `It was downloaded ${counted(use.downloads, "time")} in the last ${REACH_DAYS} days${users}.`;
}

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
          preview: async () => {
            const next = await decideOn(DB, release, action, rules);
            if (!next.ok) throw new Problem({ code: "CONFLICT", detail: next.error });
            if (next.value === release.status) return ["Nothing changes: this is done already."];
            const use = await readReleaseUse(c.env.STATISTICS, release, admin.now);
            const isFree = findWorker(worker_id)?.tier === "free";
            const licenses = isFree ? null : await countEntitledLicenses(DB, release, admin.now);
            return previewReleaseAct(release, action, use, licenses);
          },
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
    const { worker_id, version, channel, artifacts } = release;
    return {
      title: `Delete the draft of version ${version}`,
      about: `${worker_id} ${version} · ${channel}`,
      button: "Delete it",
      dangerous: true,
      back: releasePath(id),
      preview: () => {
        const refusal = refusalOfDeletion(release, adminActor(c));
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
    const { worker_id, version, channel, artifacts } = release;
    return {
      title: `Lift the block of version ${version}`,
      about: `${worker_id} ${version} · ${channel}`,
      button: "Lift the block",
      dangerous: true,
      back: releasePath(id),
      preview: () => {
        const refusal = refusalOfUnblock(release);
        if (refusal) throw new Problem(refusal);
        if (release.status !== "blocked") return ["Nothing changes: this is done already."];
        return [
          `Version ${version} is free: a new build of it can be drafted, signed and published.`,
          `The act deletes its ${counted(artifacts.length, "file")}. The audit trail keeps their names and sums.`,
          "Files with these sums stay blocked for every worker and version.",
          `Until then nobody is told that the version was withdrawn: it does not exist, ${SOON}.`,
          "A package manager that has the blocked version sees no update. A new version reaches it.",
        ];
      },
      carryOut: async ({ reason }) => {
        const { changes } = await unblockRelease(c.env, adminActor(c), id, reason);
        return goTo(c, releasePath(id), { done: "unblock", edge: await settle(c, changes) });
      },
    };
  },
});
