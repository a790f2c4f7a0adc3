import {
  nextStatus,
  RELEASE_ACTIONS,
  type ReleaseAction,
  type ReleaseStatus,
} from "../../../domain/releases/decision.ts";
import type { Release } from "../../../domain/releases/store.ts";
import { REVOCATION_SECONDS } from "../../../platform/storage/edge-store.ts";
import { counted, pathWithQuery, type Tone } from "../../page/kit.ts";
import { REACH_DAYS, type ReleaseUse } from "./reach.ts";

/** The address of the page of a release. */
export const releasePath = (id: string): string => `/admin/releases/${encodeURIComponent(id)}`;

/** The filter of the list of releases. */
export type ReleaseFilter = { worker_id: string | undefined; status: ReleaseStatus | undefined };

/** The address of a filtered list of releases, from `cursor` on. */
export const releaseListPath = ({ worker_id, status }: ReleaseFilter, cursor?: string): string =>
  pathWithQuery("/admin/releases", { worker_id, status, cursor });

/** The name and tone of each status. */
export const RELEASE_WORDS: Record<ReleaseStatus, { text: string; tone: Tone }> = {
  draft: { text: "Draft", tone: "plain" },
  published: { text: "Published", tone: "good" },
  yanked: { text: "Yanked", tone: "careful" },
  blocked: { text: "Blocked", tone: "bad" },
};

/** An action on a release, as the console offers it. The version follows `title`. */
type ReleaseAct = { link: string; title: string; button: string; dangerous: boolean; done: string };

export const RELEASE_ACTS: Record<ReleaseAction, ReleaseAct> = {
  publish: {
    link: "Publish",
    title: "Publish version",
    button: "Publish it",
    dangerous: false,
    done: "The release is published.",
  },
  yank: { link: "Yank", title: "Yank version", button: "Yank it", dangerous: true, done: "The release is yanked." },
  unyank: {
    link: "Unyank",
    title: "Unyank version",
    button: "Unyank it",
    dangerous: false,
    done: "The release is listed again.",
  },
  block: {
    link: "Block",
    title: "Block version",
    button: "Block it forever",
    dangerous: true,
    done: "The release is blocked.",
  },
};

/** The actions that change a release with this status. */
export const actionsFrom = (status: ReleaseStatus): ReleaseAction[] =>
  RELEASE_ACTIONS.filter((action) => {
    const next = nextStatus(status, action);
    return next.ok && next.value !== status;
  });

const SOON = `within ${REVOCATION_SECONDS} seconds`;

/** The audience of a release: everybody for a free worker, else a number of licenses in force. */
export type Audience = { free: true } | { free: false; licenses: number };

/** Previews an action on a release: its consequences, a sentence each, with its use and audience. */
export function previewReleaseAct(
  { worker_id, version, channel, artifacts }: Release,
  action: ReleaseAction,
  use: ReleaseUse,
  audience: Audience,
): string[] {
  const whom = audience.free ? "everybody" : `${counted(audience.licenses, "license")} in force`;
  const used = usedSentence(use, audience.free);
  const files = artifacts.map(({ platform }) => platform).join(", ");
  switch (action) {
    case "publish":
      return [
        `${worker_id} ${version} is offered to ${whom} for ${files || "no platform yet"} ${SOON}.`,
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
        `It is offered to ${whom}.`,
      ];
    case "block":
      return [
        `Its files, including links already handed out, are refused to everybody ${SOON}. The refusal says that the release was withdrawn.`,
        "Installations pinned to this version break. Workers already installed keep running.",
        used,
        `It was available to ${whom}.`,
        "This cannot be undone: a corrected build needs a new version.",
      ];
  }
}

function usedSentence(use: ReleaseUse, isFree: boolean): string {
  if (use.downloads === 0) return `It was not downloaded in the last ${REACH_DAYS} days.`;
  const by = isFree ? "" : `, by ${counted(use.licenses, "license")}`;
  return `It was downloaded ${counted(use.downloads, "time")} in the last ${REACH_DAYS} days${by}.`;
}
