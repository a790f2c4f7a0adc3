import { decideOn, refusalOfDeletion } from "../../../domain/releases/act.ts";
import type { ReleaseAction } from "../../../domain/releases/decision.ts";
import type { PublicationRules } from "../../../domain/releases/publication.ts";
import type { Release } from "../../../domain/releases/store.ts";
import { refusalOfUnblock } from "../../../domain/releases/unblock.ts";
import { findWorker } from "../../../domain/workers/workers.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import type { AdminActor } from "../../../platform/identity/authentication.ts";
import { REVOCATION_SECONDS } from "../../../platform/storage/edge-store.ts";
import { counted } from "../../page/kit.ts";
import { Problem } from "../kit.ts";
import { countEntitledLicenses, REACH_DAYS, type ReleaseUse, readReleaseUse } from "./reach.ts";

/** The preview of a repeated act. */
const NOTHING = "Nothing changes: this is done already.";

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
        "Pinned installs keep working: this exact version is still served.",
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
        "Lockfiles pinned to it will fail. Existing installs keep running.",
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

/**
 * Previews an action on a release: its consequences, a sentence each, by the same decision as the action. Throws
 * CONFLICT if the release does not allow it, and the errors of D1.
 */
export async function previewMove(
  { DB, STATISTICS }: Pick<Env, "DB" | "STATISTICS">,
  release: Release,
  action: ReleaseAction,
  { rules, now }: { rules: PublicationRules; now: UnixSeconds },
): Promise<string[]> {
  const next = await decideOn(DB, release, action, rules);
  if (!next.ok) throw new Problem({ code: "CONFLICT", detail: next.error });
  if (next.value === release.status) return [NOTHING];
  const use = await readReleaseUse(STATISTICS, release, now);
  const isFree = findWorker(release.worker_id)?.tier === "free";
  const licenses = isFree ? null : await countEntitledLicenses(DB, release, now);
  return previewReleaseAct(release, action, use, licenses);
}

/** Previews the deletion of a draft. Throws the refusals of `refusalOfDeletion`. */
export function previewDeletion(release: Release, admin: AdminActor): string[] {
  const refusal = refusalOfDeletion(release, admin);
  if (refusal) throw new Problem(refusal);
  const { artifacts, version } = release;
  return [
    artifacts.length === 0
      ? "It has no files yet."
      : `Its ${counted(artifacts.length, "file")} and unfinished uploads are deleted.`,
    "It was never published, so no installation changes.",
    `Version ${version} can be drafted again. The audit trail keeps its entries.`,
  ];
}

/** Previews the end of a block. Throws the refusal of `refusalOfUnblock`. */
export function previewUnblock(release: Release): string[] {
  const refusal = refusalOfUnblock(release);
  if (refusal) throw new Problem(refusal);
  const { status, artifacts, version } = release;
  if (status !== "blocked") return [NOTHING];
  return [
    `Version ${version} is free: a new build of it can be drafted, signed and published.`,
    `The act deletes its ${counted(artifacts.length, "file")}. The audit trail keeps their names and sums.`,
    "Files with these sums stay blocked for every worker and version.",
    `Until then nobody is told that the version was withdrawn: it does not exist, ${SOON}.`,
    "A package manager that has the blocked version sees no update. A new version reaches it.",
  ];
}
