import { logFailure } from "../../../lib/log.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import type { RequestScope } from "../../../platform/http/router.ts";
import { type EdgeKey, readEdge, rememberEdge } from "../../../platform/storage/edge-store.ts";
import { patientLedger } from "../../../platform/storage/patient-ledger.ts";
import { grantsRelease } from "../../licensing/grant.ts";
import type { LicenseRecord } from "../../licensing/license/record.ts";
import { defaultBuild } from "../../releases/build.ts";
import type { FramedFile, FramedRecord } from "../../releases/framing/framing.ts";
import { framedKey, framedOfRecord } from "../../releases/framing/record.ts";
import type { Channel, Manifest, ManifestArtifact, ManifestRelease, Platform } from "../../releases/manifest.ts";
import { listReleases } from "../../releases/selection.ts";
import type { Tier } from "../../workers/table.ts";
import type { Worker } from "../../workers/workers.ts";
import type { Asker } from "../authorization.ts";
import { type ListedWorker, listTier, type SettleChanges } from "../tier-listing.ts";

/** A framed file on offer, and the file of a release that it is framed around. */
export type FramedOffer = { worker: Worker; release: ManifestRelease; artifact: ManifestArtifact; framed: FramedFile };

/** The files that a listing is about. `format` is the name of a `Framing`. */
export type WantedListing = { tier: Tier; format: string; platforms: readonly Platform[]; channel: Channel };

/**
 * Every framed file that `asker` may have (null: no credential was sent): of each worker, in the table's order, and of
 * each published release that a follower of the channel gets, newest first, the default build of each platform.
 * `changedAt` is the time of the newest record behind it. It gives the machine of a key a seat. Reads KV at most once,
 * and throws, as `listTier`.
 */
export async function listFramed(
  c: RequestScope,
  { tier, format, platforms, channel }: WantedListing,
  asker: Asker | null,
  settle: SettleChanges,
): Promise<{ offers: FramedOffer[]; changedAt: UnixSeconds }> {
  const { listed, changedAt } = await listTier(
    c,
    {
      tier,
      wanted: platforms.map((platform) => ({ version: "latest", channel, file: { platform } })),
      recordOf: ({ id }) => framedKey(format, id),
    },
    asker,
    settle,
  );
  const offers: FramedOffer[] = [];
  for (const one of listed) offers.push(...(await framedOffers(c, one, { format, platforms, channel })));
  return { offers, changedAt };
}

/**
 * The framed files of one listed worker, newest version first. `record` must be that of `framedKey`. Throws D1's errors
 * if the edge copy has no such record.
 */
export async function framedOffers(
  c: Pick<RequestScope, "env" | "var">,
  { worker, manifest, license, record }: ListedWorker,
  { format, platforms, channel }: Omit<WantedListing, "tier">,
): Promise<FramedOffer[]> {
  const { files } = framedOfRecord(record) ?? (await readFramedRecord(c, format, worker.id));
  return offersOf(worker, manifest, license, files, platforms, channel);
}

/**
 * The offers whose index `read` can read (null: it cannot), each with its result. Another one is left out and logged,
 * because one package that this version cannot read must not take the others away from every machine.
 */
export const readableOffers = <Facts>(
  offers: readonly FramedOffer[],
  read: (framed: FramedFile) => Facts | null,
): { offer: FramedOffer; facts: Facts }[] =>
  offers.flatMap((offer) => {
    const facts = read(offer.framed);
    if (facts !== null) return [{ offer, facts }];
    const { worker, framed } = offer;
    const about = { worker_id: worker.id, filename: framed.filename };
    logFailure("package.left_out", "its index is not readable", about);
    return [];
  });

/** The record as the ledger has it, for a worker whose record the edge copy lacks. This isolate uses it from now on. */
export async function readFramedRecord(
  { env, var: { now } }: Pick<RequestScope, "env" | "var">,
  format: string,
  workerId: string,
): Promise<FramedRecord> {
  // Evaluated here, because few isolates need it.
  const { framedFromLedger } = await import("../../releases/framing/ledger.ts");
  const record = await framedFromLedger(patientLedger(env.DB), format, workerId);
  rememberEdge(framedKey(format, workerId), record, now);
  return record;
}

/**
 * The framed files of a worker. All records of a decision on them come into the isolate with them, in one read of KV.
 * Throws D1's errors if the edge copy has no such record.
 */
export async function readFramedFiles(
  c: Pick<RequestScope, "env" | "var">,
  worker: Pick<Worker, "id">,
  format: string,
  asker: Pick<Asker, "licenseId"> | null,
): Promise<readonly FramedFile[]> {
  const key = framedKey(format, worker.id);
  const keys: EdgeKey[] = [key, `manifest:${worker.id}`];
  if (asker) keys.push(`license:${asker.licenseId}`);
  const found = await readEdge(c.env.EDGE, keys, c.var.now).catch((error: unknown) => {
    logFailure("edge.unreadable", error, { keys });
    return new Map<EdgeKey, unknown>();
  });
  const { files } = framedOfRecord(found.get(key)) ?? (await readFramedRecord(c, format, worker.id));
  return files;
}

/** The offers of one worker. `license` is null for a free one, of which everyone may have every version. */
function offersOf(
  worker: Worker,
  manifest: Manifest,
  license: LicenseRecord | null,
  files: readonly FramedFile[],
  platforms: readonly Platform[],
  channel: Channel,
): FramedOffer[] {
  const covers = (release: ManifestRelease) => license === null || grantsRelease(license, release);
  return listReleases(manifest, { channel, covers }).flatMap((release) =>
    platforms.flatMap((platform) => {
      const artifact = defaultBuild(release.artifacts, platform);
      const framed = artifact && framedAround(files, release, artifact);
      return framed ? [{ worker, release, artifact, framed }] : [];
    }),
  );
}

/** The file that is framed around a file of a release. */
const framedAround = (
  files: readonly FramedFile[],
  { version }: ManifestRelease,
  { filename }: ManifestArtifact,
): FramedFile | undefined => files.find((file) => file.version === version && file.stored === filename);
