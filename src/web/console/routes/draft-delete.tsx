import { deleteDraft, requireDraft } from "../../../domain/releases/draft-deletion.ts";
import { ReleaseParams } from "../../../domain/releases/release-params.ts";
import { readRelease } from "../../../domain/releases/release-store.ts";
import { adminActor } from "../../../platform/identity/authentication.ts";
import { counted } from "../../page/kit.ts";
import { registerAct } from "../act-routes.ts";
import type { ConsoleContext } from "../console-page.tsx";
import { createConsoleRouter } from "../console-router.ts";
import { donePath } from "../done.tsx";
import { ReasonForm, reasonField } from "../reason-field.tsx";
import { releasePath } from "../release-path.ts";
import type { TwoStepAct } from "../two-step-act.tsx";

/** `GET` and `POST /admin/releases/{id}/delete`. */
export const draftDelete = createConsoleRouter();

registerAct(draftDelete, {
  path: "/admin/releases/{id}/delete",
  scope: "releases:write",
  params: ReleaseParams,
  does: "delete a draft",
  example: { reason: "built from the wrong branch" },
  answers: { 409: "The form again: it is no draft." },
  leadsTo: "The list of releases.",
  missing: ["VERSION_NOT_FOUND"],
  actOf: (c, { id }) => twoStep(c, id),
});

async function twoStep(c: ConsoleContext, id: string): Promise<TwoStepAct<{ reason: string }>> {
  const release = await readRelease(c.env.DB, id);
  const { worker_id, version, channel, artifacts } = release;
  return {
    part: "/admin/releases",
    title: `Delete the draft of version ${version}`,
    about: `${worker_id} ${version} · ${channel}`,
    button: "Delete it",
    dangerous: true,
    back: releasePath(id),
    schema: ReasonForm,
    fields: reasonField,
    preview: () => {
      requireDraft(release);
      return [
        artifacts.length === 0
          ? "It has no files yet."
          : `Its files are deleted, uploads under way included: ${counted(artifacts.length, "file")}.`,
        "Nobody has been offered it, so nothing that is installed or pinned changes.",
        `Version ${version} can be drafted again. What was done to this draft stays in the audit trail.`,
      ];
    },
    carryOut: async ({ reason }) => {
      await deleteDraft(c.env, adminActor(c), id, reason);
      return c.redirect(donePath("/admin/releases", { done: "delete" }), 303);
    },
  };
}
