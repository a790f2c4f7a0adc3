import {
  nextStatus,
  RELEASE_ACTIONS,
  type ReleaseAction,
  type ReleaseStatus,
} from "../../../domain/releases/decision.ts";
import type { Release } from "../../../domain/releases/store.ts";
import { REVOCATION_SECONDS } from "../../../platform/storage/edge-store.ts";
import { counted, type Tone } from "../../page/kit.ts";
import { REACH_DAYS, type ReleaseUse } from "./reach.ts";

/** The address of the page of a release. */
export const releasePath = (id: string): string => `/admin/releases/${encodeURIComponent(id)}`;

/** The name and tone of each status. */
export const RELEASE_WORDS: Record<ReleaseStatus, { text: string; tone: Tone }> = {
  draft: { text: "Draft", tone: "plain" },
  published: { text: "Published", tone: "good" },
  yanked: { text: "Yanked", tone: "careful" },
  blocked: { text: "Blocked", tone: "bad" },
};

/** An action on a release, as the console offers it. */
type ReleaseAct = { link: string; button: string; dangerous: boolean; done: string };

/** Each action on a release. */
export const RELEASE_ACTS: Record<ReleaseAction, ReleaseAct> = {
  publish: { link: "Publish", button: "Publish it", dangerous: false, done: "The release is published." },
  yank: { link: "Yank", button: "Yank it", dangerous: true, done: "The release is yanked." },
  unyank: { link: "Unyank", button: "Unyank it", dangerous: false, done: "The release is listed again." },
  block: { link: "Block", button: "Block it forever", dangerous: true, done: "The release is blocked." },
};

/** The actions that change a release with this status. */
export const actionsFrom = (status: ReleaseStatus): ReleaseAction[] =>
  RELEASE_ACTIONS.filter((action) => {
    const next = nextStatus(status, action);
    return next.ok && next.value !== status;
  });

const SOON = `within ${REVOCATION_SECONDS} seconds`;

/**
 * Previews an action on a release: its consequences, a sentence each. `licenses` counts those in force that grant it;
 * null for a free worker, because everybody may have it.
 */
export function previewReleaseAct(
  { worker_id, version, channel, artifacts }: Release,
  action: ReleaseAction,
  use: ReleaseUse,
  licenses: number | null,
): string[] {
  const audience = licenses === null ? "everybody" : `${counted(licenses, "license")} in force`;
  const users = licenses === null ? "" : `, by ${counted(use.licenses, "license")}`;
  const used =
    use.downloads === 0
      ? `It was not downloaded in the last ${REACH_DAYS} days.`
      : `It was downloaded ${counted(use.downloads, "time")} in the last ${REACH_DAYS} days${users}.`;
  const files = artifacts.map(({ platform }) => platform).join(", ");
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
        "This cannot be undone: a corrected build needs a new version.",
      ];
  }
}
