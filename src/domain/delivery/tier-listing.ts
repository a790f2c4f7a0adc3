import { logFailure } from "../../lib/log.ts";
import { MINUTE, type UnixSeconds } from "../../lib/time.ts";
import type { RequestScope } from "../../platform/http/router.ts";
import { type EdgeKey, ISOLATE_TTL, readEdge } from "../../platform/storage/edge-store.ts";
import type { Changes } from "../../platform/storage/settle.ts";
import type { LicenseRecord } from "../licensing/license/record.ts";
import type { Manifest } from "../releases/manifest.ts";
import type { Tier } from "../workers/table.ts";
import { type Worker, workers } from "../workers/workers.ts";
import type { Asker } from "./authorization.ts";
import { decideFor } from "./authorize.ts";
import type { Delivery, Wanted } from "./decision.ts";
import { readDeliveryFacts } from "./facts.ts";
import { type DeliveryRefusal, deliveryProblem } from "./refusal.ts";

/** The rows of a package manager's listing: a tier's workers, and the file that decides whether a worker is in it. */
export type ListedTier = {
  tier: Tier;
  /** A worker is listed if the asker may have one of these files. */
  wanted: readonly Wanted[];
  /** The record of a worker that the listing reads beside its manifest. */
  recordOf(worker: Worker): EdgeKey;
  /** A second record of a worker. The listing brings it into the isolate only. */
  otherRecordOf?(worker: Worker): EdgeKey;
};

/**
 * A worker that the asker may have. `delivery` is of the first wanted file that is there, `license` the asker's and
 * null for a free worker, and `record` the one that `recordOf` names: null if the edge copy has none or failed.
 */
export type ListedWorker = {
  worker: Worker;
  delivery: Delivery;
  manifest: Manifest;
  license: LicenseRecord | null;
  record: unknown;
};

/** The time after a change in which some location may still use the older records, in seconds. */
export const SETTLING = MINUTE + ISOLATE_TTL;

/**
 * The date of a listing at `now` if its newest record was made at `changedAt`. pacman and apt download a listing only
 * if its date is later than their copy's, to the second. While a change propagates, a copy may mix new and old records,
 * or miss another change in the same second. It is dated one second back then, so that they download it once more
 * afterwards.
 */
export const listingDate = (changedAt: UnixSeconds, now: UnixSeconds): UnixSeconds =>
  now <= changedAt + SETTLING ? changedAt - 1 : changedAt;

/** The refusals that leave a worker out of a listing. */
const NOTHING_THERE: ReadonlySet<DeliveryRefusal["code"]> = new Set([
  "NOT_ENTITLED",
  "VERSION_NOT_FOUND",
  "VERSION_NOT_COVERED",
  "ARTIFACT_NOT_FOUND",
]);

/** Settles the change of an activation before the next decision: `settle` with its request. */
export type SettleChanges = (changes: Changes) => Promise<unknown>;

/**
 * The workers of a tier that `asker` may have (null: no credential was sent), in the table's order, so that a package
 * manager never chooses a file that it cannot download. It gives the machine of a key a seat. `changedAt` is the time
 * of the newest record behind the answer. Reads KV at most once. Throws the problem of a refused license or activation.
 */
export async function listTier(
  c: RequestScope,
  listing: ListedTier,
  asker: Asker | null,
  settle: SettleChanges,
): Promise<{ listed: ListedWorker[]; changedAt: UnixSeconds }> {
  const licenseId = asker?.licenseId ?? null;
  const { candidates, records } = await readAtOnce(c.env, listing, licenseId, c.var.now);
  const listed: ListedWorker[] = [];
  let changedAt: UnixSeconds = 0;
  // Sequential, because the first decision may activate the machine for the others.
  for (const worker of candidates) {
    const delivery = await firstDelivery(c, worker, listing.wanted, asker, settle);
    const { manifest, license } = await readDeliveryFacts(c, worker.id, licenseId);
    changedAt = Math.max(changedAt, manifest.published_at, license?.published_at ?? 0);
    const record = records.get(listing.recordOf(worker)) ?? null;
    if (delivery) listed.push({ worker, delivery, manifest, license, record });
  }
  return { listed, changedAt };
}

/** The delivery of the first of several files that the asker may have, or null. Throws as `listTier`. */
async function firstDelivery(
  c: RequestScope,
  worker: Worker,
  wanted: readonly Wanted[],
  asker: Asker | null,
  settle: SettleChanges,
): Promise<Delivery | null> {
  for (const file of wanted) {
    const { decision, changes } = await decideFor(c, worker, file, asker);
    await settle(changes);
    if (decision.ok) return decision.value;
    if (!NOTHING_THERE.has(decision.error.code)) throw deliveryProblem(decision.error, c.var.config);
  }
  return null;
}

/**
 * Reads the records for all decisions and for the listing into the isolate, in one operation. The candidates are the
 * workers of the tier that have releases, or all of them if KV fails, because the ledger is read for each then.
 */
async function readAtOnce(
  env: Pick<Env, "EDGE">,
  { tier, recordOf, otherRecordOf }: ListedTier,
  licenseId: string | null,
  now: UnixSeconds,
): Promise<{ candidates: Worker[]; records: ReadonlyMap<EdgeKey, unknown> }> {
  const ofTier = workers.filter((worker) => worker.tier === tier);
  const keys = ofTier.flatMap((worker): EdgeKey[] => [
    `manifest:${worker.id}`,
    recordOf(worker),
    ...(otherRecordOf ? [otherRecordOf(worker)] : []),
  ]);
  if (licenseId !== null) keys.push(`license:${licenseId}`);
  try {
    const records = await readEdge(env.EDGE, keys, now);
    return { candidates: ofTier.filter(({ id }) => records.get(`manifest:${id}`) !== null), records };
  } catch (error) {
    logFailure("edge.unreadable", error, { keys });
    return { candidates: ofTier, records: new Map() };
  }
}
