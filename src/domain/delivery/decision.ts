import { err, ok, type Result } from "../../lib/result.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import type { Refusal } from "../../platform/http/problem.ts";
import { grantsRelease, grantsWorker } from "../licensing/grant.ts";
import type { LicenseRecord } from "../licensing/license/record.ts";
import { explainRefusal, refusalOfUse } from "../licensing/refusal.ts";
import type { Channel, Manifest, ManifestArtifact, ManifestRelease, Platform } from "../releases/manifest.ts";
import { formatOfFile, type PackageFormat } from "../releases/package-format.ts";
import { type Covers, findRelease, latestRelease } from "../releases/selection.ts";

/** The file that is asked for: of an exact version or `latest` of a channel; the binary of a platform, its package of a format, or any file by name. */
export type Wanted = {
  version: string | "latest";
  channel: Channel;
  file: { platform: Platform | null; format?: Pick<PackageFormat, "rules"> } | { filename: string };
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
  const release = wanted.version === "latest" ? latestWith(manifest, wanted, covers) : named;
  if (!release || !covers(release)) return err(refusalOfVersion(worker.id, manifest, wanted, covers, purchaseUrl));
  const artifact = artifactOf(release, wanted.file);
  return artifact ? ok({ release, artifact }) : err(noSuchFile(worker.id, release));
}

const noSuchFile = (workerId: string, { version, artifacts }: ManifestRelease): Refusal => ({
  code: "ARTIFACT_NOT_FOUND",
  detail: `${workerId} ${version} has no such file. It has ${artifacts.map(({ filename }) => filename).join(", ")}.`,
});

function refusalOfClaim(workerId: string, claim: Claim | null, now: UnixSeconds, purchaseUrl: string): Refusal | null {
  if (!claim) {
    return {
      code: "CREDENTIAL_REQUIRED",
      detail: `${workerId} needs a license. Send its key or token, for example in RBEE_LICENSE_TOKEN.`,
      extras: { purchase_url: purchaseUrl },
    };
  }
  const refusal = refusalOfUse(claim.license, claim.generation, now);
  if (refusal) return explainRefusal(refusal, { PURCHASE_URL: purchaseUrl });
  if (!claim.license.machines.includes(claim.machine)) {
    return explainRefusal({ code: "MACHINE_DEACTIVATED" }, { PURCHASE_URL: purchaseUrl });
  }
  return refusalOfWorker(workerId, claim.license, purchaseUrl);
}

const refusalOfWorker = (workerId: string, license: LicenseRecord, purchaseUrl: string): Refusal | null =>
  grantsWorker(license, workerId)
    ? null
    : {
        code: "NOT_ENTITLED",
        detail: `The license does not include ${workerId}.`,
        extras: { purchase_url: purchaseUrl },
      };

/** The newest release that has the file, so that a platform which a later one leaves out keeps its own latest. */
const latestWith = (manifest: Manifest, { channel, file }: Wanted, covers: Covers): ManifestRelease | null =>
  latestRelease(manifest, {
    channel,
    covers: (release) => covers(release) && artifactOf(release, file) !== undefined,
  }) ?? latestRelease(manifest, { channel, covers });

/** Why none of the versions that are wanted may be had: there is none, or the license does not cover it. */
function refusalOfVersion(
  workerId: string,
  manifest: Manifest,
  { version, channel }: Wanted,
  covers: Covers,
  purchaseUrl: string,
): Refusal {
  const offered = version === "latest" ? latestRelease(manifest, { channel }) : findRelease(manifest, version);
  if (!offered) {
    return {
      code: "VERSION_NOT_FOUND",
      detail:
        version === "latest"
          ? `${workerId} has no ${channel} release.`
          : `${workerId} has no such version: see /v1/workers/${workerId}/versions.`,
    };
  }
  const covered = latestRelease(manifest, { channel, covers });
  return {
    code: "VERSION_NOT_COVERED",
    detail: covered
      ? `The license does not cover ${offered.version}; ${covered.version} is the newest it does.`
      : `The license does not cover ${offered.version}, nor any other version on offer.`,
    extras: { latest_covered_version: covered?.version ?? null, purchase_url: purchaseUrl },
  };
}

/**
 * What a license lets its holder see in a listing: releases of a worker that it covers, if it may be used at `now`. Errors:
 * KEY_ROTATED, LICENSE_*, NOT_ENTITLED.
 */
export function listingCoverage(
  workerId: string,
  license: LicenseRecord,
  generation: number,
  now: UnixSeconds,
  purchaseUrl: string,
): Result<Covers, Refusal> {
  const use = refusalOfUse(license, generation, now);
  const refusal = use
    ? explainRefusal(use, { PURCHASE_URL: purchaseUrl })
    : refusalOfWorker(workerId, license, purchaseUrl);
  return refusal ? err(refusal) : ok((release) => grantsRelease(license, release));
}

/** Without a platform, a release's only file of the kind is meant. */
function artifactOf({ artifacts }: ManifestRelease, file: Wanted["file"]): ManifestArtifact | undefined {
  if ("filename" in file) return artifacts.find(({ filename }) => filename === file.filename);
  const { format } = file;
  const ofKind = artifacts.filter(({ kind, filename }) =>
    format ? formatOfFile([format], filename) !== null : kind === "binary",
  );
  if (file.platform === null) return ofKind.length === 1 ? ofKind[0] : undefined;
  return ofKind.find(({ platform }) => platform === file.platform);
}
