import type { Refusal } from "../http/problem.ts";
import { grantsRelease, grantsWorker } from "../licensing/entitlement.ts";
import type { LicenseRecord } from "../licensing/license-record.ts";
import { machineDeactivated, refusalOfUse } from "../licensing/license-use.ts";
import type { Channel, Manifest, ManifestArtifact, ManifestRelease, Platform } from "../releases/manifest.ts";
import { findRelease, latestRelease } from "../releases/release-selection.ts";
import { err, ok, type Result } from "../result.ts";
import type { UnixSeconds } from "../time.ts";

/** The file that is asked for: of an exact version or `latest` of a channel, by platform or by name. */
export type Wanted = {
  version: string | "latest";
  channel: Channel;
  file: { platform: Platform | null } | { filename: string };
};

/** What the asker has shown: a genuine credential's license, as the edge knows it, and the machine it is for. */
export type Claim = { license: LicenseRecord; generation: number; machine: string };

/** The file to hand out. */
export type Delivery = { release: ManifestRelease; artifact: ManifestArtifact };

/**
 * May this asker have this file of this worker at `now`? The one decision behind every download: when a link is made and
 * again whenever its bytes are asked for. `claim` is null when no credential was sent; a free worker looks at none.
 * Errors, in this order: RELEASE_BLOCKED (told to everyone), CREDENTIAL_REQUIRED, KEY_ROTATED, LICENSE_*,
 * MACHINE_DEACTIVATED, NOT_ENTITLED, VERSION_NOT_FOUND, VERSION_NOT_COVERED, ARTIFACT_NOT_FOUND.
 */
export function decideDelivery(
  worker: { id: string; tier: "free" | "premium" },
  manifest: Manifest,
  wanted: Wanted,
  claim: Claim | null,
  now: UnixSeconds,
  purchaseUrl: string,
): Result<Delivery, Refusal> {
  const named = wanted.version === "latest" ? null : findRelease(manifest, wanted.version);
  if (named?.status === "blocked") {
    return err({
      code: "RELEASE_BLOCKED",
      detail: `${worker.id} ${named.version} has been withdrawn. Take a newer one.`,
    });
  }
  const refusal = worker.tier === "free" ? null : refusalOfClaim(worker.id, claim, now, purchaseUrl);
  if (refusal) return err(refusal);
  const covers = (release: ManifestRelease) =>
    worker.tier === "free" || !claim || grantsRelease(claim.license, release);
  const release = named ?? latestRelease(manifest, { channel: wanted.channel, covers });
  if (!release || !covers(release)) {
    const offered = release ?? latestRelease(manifest, { channel: wanted.channel });
    if (!offered) return err({ code: "VERSION_NOT_FOUND", detail: `${worker.id} has no such version.` });
    const covered = latestRelease(manifest, { channel: wanted.channel, covers });
    return err({
      code: "VERSION_NOT_COVERED",
      detail: covered
        ? `The license does not cover ${offered.version}; ${covered.version} is the newest it does.`
        : `The license does not cover ${offered.version}, nor any other version on offer.`,
      extras: { latest_covered_version: covered?.version ?? null, purchase_url: purchaseUrl },
    });
  }
  const artifact = artifactOf(release, wanted.file);
  return artifact
    ? ok({ release, artifact })
    : err({ code: "ARTIFACT_NOT_FOUND", detail: `${worker.id} ${release.version} has no such file.` });
}

function refusalOfClaim(workerId: string, claim: Claim | null, now: UnixSeconds, purchaseUrl: string): Refusal | null {
  if (!claim) {
    return {
      code: "CREDENTIAL_REQUIRED",
      detail: `${workerId} needs a license. Send its key or token, for example in RBEE_LICENSE_TOKEN.`,
      extras: { purchase_url: purchaseUrl },
    };
  }
  const refusal = refusalOfUse(claim.license, claim.generation, now, purchaseUrl);
  if (refusal) return refusal;
  if (!claim.license.machines.includes(claim.machine)) return machineDeactivated;
  if (grantsWorker(claim.license, workerId)) return null;
  return {
    code: "NOT_ENTITLED",
    detail: `The license does not include ${workerId}.`,
    extras: { purchase_url: purchaseUrl },
  };
}

/** Without a platform, a release's only file is meant. */
function artifactOf({ artifacts }: ManifestRelease, file: Wanted["file"]): ManifestArtifact | undefined {
  if ("filename" in file) return artifacts.find(({ filename }) => filename === file.filename);
  if (file.platform === null) return artifacts.length === 1 ? artifacts[0] : undefined;
  return artifacts.find(({ platform }) => platform === file.platform);
}
