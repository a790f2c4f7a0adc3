import { err, ok, type Result } from "../../lib/result.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import { grantsRelease, grantsWorker } from "../licensing/grant.ts";
import type { Holder } from "../licensing/holder.ts";
import type { LicenseRecord } from "../licensing/license/record.ts";
import { refusalOfUse } from "../licensing/refusal.ts";
import { defaultBuild } from "../releases/build.ts";
import {
  type Channel,
  filesOf,
  type Manifest,
  type ManifestRelease,
  type Platform,
  type ReleaseFile,
} from "../releases/manifest.ts";
import { formatOfFile, type PackageFormat } from "../releases/package-format.ts";
import { type Covers, findRelease, latestRelease } from "../releases/selection.ts";
import type { DeliveryRefusal } from "./refusal.ts";

/**
 * The file that a request asks for. `version` is exact, or `latest` of `channel`. `file` is the default build of a
 * platform, its package of a format, or any file by name, which must be of `platform` if that is given.
 */
export type Wanted = {
  version: string | "latest";
  channel: Channel;
  file:
    | { platform: Platform | null; format?: Pick<PackageFormat, "rules"> }
    | { filename: string; platform?: Platform | null };
};

/**
 * A genuine credential's generation and machine, the record of its license, and when it was made if it is a token.
 * `mayActivate`: it is a license key.
 */
export type Claim = Pick<Holder, "generation" | "machine"> & {
  license: LicenseRecord;
  tokenMadeAt: UnixSeconds | null;
  mayActivate: boolean;
};

/** The file to deliver, and the machine (a fingerprint hash) that has the right to it; null without a claim. */
export type Delivery = { release: ManifestRelease; artifact: ReleaseFile; machine: string | null };

type NamedWorker = { id: string; tier: "free" | "premium" };

/**
 * Decides whether a file of a worker may be delivered at `now`. Every download is decided here: when its link is made,
 * and again when its bytes are asked for. `claim` is null if no credential was sent. A free worker does not look at it.
 * Errors, in this order: RELEASE_BLOCKED, CREDENTIAL_REQUIRED, KEY_ROTATED, LICENSE_*, MACHINE_DEACTIVATED,
 * NOT_ENTITLED, VERSION_NOT_FOUND, VERSION_NOT_COVERED, ARTIFACT_NOT_FOUND.
 */
export function decideDelivery(
  worker: NamedWorker,
  manifest: Manifest,
  wanted: Wanted,
  claim: Claim | null,
  now: UnixSeconds,
): Result<Delivery, DeliveryRefusal> {
  const named = wanted.version === "latest" ? null : findRelease(manifest, wanted.version);
  if (named?.status === "blocked") return err({ code: "RELEASE_BLOCKED", worker: worker.id, version: named.version });
  const refusal = worker.tier === "free" ? null : refusalOfClaim(worker.id, claim, now);
  if (refusal) return err(refusal);
  const covers = (release: ManifestRelease) =>
    worker.tier === "free" || !claim || grantsRelease(claim.license, release);
  const release = wanted.version === "latest" ? latestWith(manifest, wanted, covers) : named;
  if (!release || !covers(release)) return err(refusalOfVersion(worker.id, manifest, wanted, covers));
  const artifact = artifactOf(release, wanted.file);
  if (artifact) return ok({ release, artifact, machine: claim?.machine ?? null });
  const filenames = filesOf(release).map(({ filename }) => filename);
  return err({ code: "ARTIFACT_NOT_FOUND", worker: worker.id, version: release.version, filenames });
}

function refusalOfClaim(worker: string, claim: Claim | null, now: UnixSeconds): DeliveryRefusal | null {
  if (!claim) return { code: "CREDENTIAL_REQUIRED", worker };
  const refusal = refusalOfUse(claim.license, claim.generation, now);
  if (refusal) return refusal;
  if (!hasSeat(claim, now)) return { code: "MACHINE_DEACTIVATED" };
  return refusalOfWorker(worker, claim.license);
}

/**
 * Whether the claim's machine has a seat at `now`, and for a token: the seat that it was made for. A seat may lapse,
 * and only a key looks at that date: tokens end before it, and a link ends minutes after its key or token was used.
 */
export function hasSeat(
  { license, machine, tokenMadeAt, mayActivate }: Omit<Claim, "generation">,
  now: UnixSeconds,
): boolean {
  if (!license.machines.includes(machine)) return false;
  if (mayActivate && (license.seats?.[machine] ?? Number.POSITIVE_INFINITY) <= now) return false;
  const returnedAt = license.returned?.[machine];
  return returnedAt === undefined || tokenMadeAt === null || tokenMadeAt >= returnedAt;
}

const refusalOfWorker = (worker: string, license: LicenseRecord): DeliveryRefusal | null =>
  grantsWorker(license, worker) ? null : { code: "NOT_ENTITLED", worker };

/** The newest release that has the file: a platform that a later release leaves out keeps its own latest. */
const latestWith = (manifest: Manifest, { channel, file }: Wanted, covers: Covers): ManifestRelease | null =>
  latestRelease(manifest, {
    channel,
    covers: (release) => covers(release) && artifactOf(release, file) !== undefined,
  }) ?? latestRelease(manifest, { channel, covers });

/** The newest stable version with this file, as `latest` means it to an unlimited license; null without one. */
export function latestVersionWith(manifest: Manifest, file: Wanted["file"]): string | null {
  const release = latestWith(manifest, { version: "latest", channel: "stable", file }, () => true);
  return release && artifactOf(release, file) ? release.version : null;
}

/** The refusal if there is no such version, or the license does not cover it. */
function refusalOfVersion(
  worker: string,
  manifest: Manifest,
  { version, channel }: Wanted,
  covers: Covers,
): DeliveryRefusal {
  const isLatest = version === "latest";
  const offered = isLatest ? latestRelease(manifest, { channel }) : findRelease(manifest, version);
  if (!offered) return { code: "VERSION_NOT_FOUND", worker, channel: isLatest ? channel : null };
  const covered = latestRelease(manifest, { channel, covers });
  return { code: "VERSION_NOT_COVERED", version: offered.version, covered: covered?.version ?? null };
}

/** The releases that a listing shows to a license. Errors: KEY_ROTATED, LICENSE_*, NOT_ENTITLED. */
export function listingCoverage(
  worker: string,
  license: LicenseRecord,
  generation: number,
  now: UnixSeconds,
): Result<Covers, DeliveryRefusal> {
  const refusal = refusalOfUse(license, generation, now) ?? refusalOfWorker(worker, license);
  return refusal ? err(refusal) : ok((release) => grantsRelease(license, release));
}

/**
 * The wanted file of a release. Without a platform, it is the only file of its kind, or the default build if all are of
 * one platform.
 */
function artifactOf(release: ManifestRelease, file: Wanted["file"]): ReleaseFile | undefined {
  const { artifacts } = release;
  if ("filename" in file) {
    const named = filesOf(release).find(({ filename }) => filename === file.filename);
    return file.platform == null || named?.platform === file.platform ? named : undefined;
  }
  const { format } = file;
  const ofKind = artifacts.filter(({ kind, filename }) =>
    format ? formatOfFile([format], filename) !== null : kind === "binary",
  );
  const platform = file.platform ?? ofKind[0]?.platform;
  if (file.platform === null && ofKind.some((one) => one.platform !== platform)) return undefined;
  if (platform === undefined || !format) return platform && defaultBuild(ofKind, platform);
  return ofKind.find((one) => one.platform === platform);
}
