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

/** The page of one release. */
export const releasePath = (id: string): string => `/admin/releases/${encodeURIComponent(id)}`;

/** Which releases to list. */
export type ReleaseFilter = { worker_id?: string | undefined; status?: ReleaseStatus | undefined };

/** The list of releases that a filter picks, from `cursor` on. */
export const releaseListPath = ({ worker_id, status }: ReleaseFilter, cursor?: string): string =>
  pathWithQuery("/admin/releases", { worker_id, status, cursor });

/** The name of a release's status and the tone it is shown in. */
export const RELEASE_WORDS: Record<ReleaseStatus, { text: string; tone: Tone }> = {
  draft: { text: "Draft", tone: "plain" },
  published: { text: "Published", tone: "good" },
  yanked: { text: "Yanked", tone: "careful" },
  blocked: { text: "Blocked", tone: "bad" },
};

/** An action upon a release, as the console offers it; `title` is followed by the version. */
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
    link: "Take the yank back",
    title: "Take back the yank of version",
    button: "List it again",
    dangerous: false,
    done: "The release is listed again.",
  },
  block: {
    link: "Block",
    title: "Block version",
    button: "Block it for good",
    dangerous: true,
    done: "The release is blocked.",
  },
};

/** The actions that lead a release on from its status. */
export const actionsFrom = (status: ReleaseStatus): ReleaseAction[] =>
  RELEASE_ACTIONS.filter((action) => {
    const next = nextStatus(status, action);
    return next.ok && next.value !== status;
  });

const SOON = `within ${REVOCATION_SECONDS} seconds`;

/** Who may have a release: everybody where it is free, else so many licenses in force. */
export type Audience = { free: true } | { free: false; licenses: number };

/** What an action would do to a release, sentence by sentence; `use` and `audience` say whom it touches. */
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
          ? "It is the latest one if no stable version is higher."
          : `It is offered to who follows ${channel}.`,
        "Its files never change again.",
      ];
    case "yank":
      return [
        `It is no longer listed, nor the latest, ${SOON}: who asks for the latest gets the one before it.`,
        "Who asks for exactly this version still gets it, so that nothing that is pinned breaks.",
        used,
        "It can be taken back.",
      ];
    case "unyank":
      return [
        `It is listed again ${SOON}, and the latest if no stable version is higher.`,
        `It is offered to ${whom}.`,
      ];
    case "block":
      return [
        `Nobody gets its files any more, ${SOON}, links that are in use included: everybody is told that it was withdrawn.`,
        "What is pinned to this version breaks. What is installed goes on; nobody is asked to remove it.",
        used,
        `It was open to ${whom}.`,
        "It can never be taken back: a corrected build needs a new version.",
      ];
  }
}

function usedSentence(use: ReleaseUse, isFree: boolean): string {
  if (use.downloads === 0) return `It was not downloaded in the last ${REACH_DAYS} days.`;
  const by = isFree ? "" : `, by ${counted(use.licenses, "license")}`;
  return `It was downloaded ${counted(use.downloads, "time")} in the last ${REACH_DAYS} days${by}.`;
}
