import { err, ok, type Result } from "../../lib/result.ts";

export const RELEASE_STATUSES = ["draft", "published", "yanked", "blocked"] as const;
export type ReleaseStatus = (typeof RELEASE_STATUSES)[number];

export const RELEASE_ACTIONS = ["publish", "yank", "unyank", "block"] as const;
export type ReleaseAction = (typeof RELEASE_ACTIONS)[number];

const TRANSITIONS: Record<ReleaseAction, { from: readonly ReleaseStatus[]; to: ReleaseStatus }> = {
  publish: { from: ["draft"], to: "published" },
  yank: { from: ["published"], to: "yanked" },
  unyank: { from: ["yanked"], to: "published" },
  block: { from: ["published", "yanked"], to: "blocked" },
};

/**
 * The status that an action leads to from `status`. One that is reached already is returned as it is, so that every
 * action can be repeated. Nothing leads out of `blocked` nor back to `draft`. The error is a sentence for a person.
 */
export function nextStatus(status: ReleaseStatus, action: ReleaseAction): Result<ReleaseStatus, string> {
  const { from, to } = TRANSITIONS[action];
  if (status === to || from.includes(status)) return ok(to);
  return err(`Cannot ${action} a release that is ${status}; it would have to be ${from.join(" or ")}.`);
}
