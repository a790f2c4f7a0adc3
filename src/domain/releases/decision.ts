import { err, ok, type Result } from "../../lib/result.ts";
import type { Scope } from "../../platform/config/scopes.ts";
import { unknownSubjects } from "./provenance/statement.ts";
import type { Release } from "./store.ts";

export const RELEASE_STATUSES = ["draft", "published", "yanked", "blocked"] as const;
export type ReleaseStatus = (typeof RELEASE_STATUSES)[number];

export const RELEASE_ACTIONS = ["publish", "yank", "unyank", "block"] as const;
export type ReleaseAction = (typeof RELEASE_ACTIONS)[number];

/** The scope that each action needs. Publishing is routine; taking a version away from people is not. */
export const MOVE_SCOPES = {
  publish: "releases:write",
  yank: "releases:withdraw",
  unyank: "releases:withdraw",
  block: "releases:withdraw",
} as const satisfies Record<ReleaseAction, Scope>;

const TRANSITIONS: Record<ReleaseAction, { from: readonly ReleaseStatus[]; to: ReleaseStatus }> = {
  publish: { from: ["draft"], to: "published" },
  yank: { from: ["published"], to: "yanked" },
  unyank: { from: ["yanked"], to: "published" },
  block: { from: ["published", "yanked"], to: "blocked" },
};

/**
 * The status after an action. A status that is already reached is returned unchanged, so actions are idempotent.
 * Nothing leads out of `blocked` or back to `draft`. The error is a sentence for a person.
 */
export function nextStatus(status: ReleaseStatus, action: ReleaseAction): Result<ReleaseStatus, string> {
  const { from, to } = TRANSITIONS[action];
  if (status === to || from.includes(status)) return ok(to);
  return err(`Cannot ${action} a release that is ${status}. It must be ${from.join(" or ")}.`);
}

/** The sentence why a draft cannot be published: its files or provenance are incomplete. Null if it can. */
function obstacleToPublication(release: Pick<Release, "artifacts" | "provenance" | "source_tag">): string | null {
  const { artifacts, provenance, source_tag } = release;
  const missing = artifacts.filter(({ state }) => state !== "ready").map(({ filename }) => filename);
  // Files may have been replaced since the provenance was attached.
  const unknown = unknownSubjects(provenance?.subjects ?? [], artifacts).map(({ name }) => name);
  if (artifacts.length === 0) return "A release without files cannot be published.";
  if (missing.length > 0) return `Not uploaded and checked yet: ${missing.join(", ")}.`;
  if (source_tag === null && artifacts.some(({ kind }) => kind === "source")) {
    return "A source archive is of a tag, and the release names none. Draft it again with --source-tag.";
  }
  return unknown.length > 0
    ? `The provenance names files that the release does not have: ${unknown.join(", ")}.`
    : null;
}

/** The status after an action on a release, or the reason against it as a sentence. For act and preview. */
export function decideMove(release: Release, action: ReleaseAction): Result<ReleaseStatus, string> {
  const next = nextStatus(release.status, action);
  const obstacle =
    next.ok && next.value !== release.status && action === "publish" ? obstacleToPublication(release) : null;
  return obstacle === null ? next : err(obstacle);
}
