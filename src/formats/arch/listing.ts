import type { Asker } from "../../domain/delivery/authorization.ts";
import { decideFor } from "../../domain/delivery/authorize.ts";
import { readDeliveryFacts } from "../../domain/delivery/facts.ts";
import { type DeliveryRefusal, deliveryProblem } from "../../domain/delivery/refusal.ts";
import type { ReleaseFile } from "../../domain/releases/manifest.ts";
import { type Worker, workers } from "../../domain/workers/workers.ts";
import { logFailure } from "../../lib/log.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import type { RequestScope } from "../../platform/http/router.ts";
import { type EdgeKey, readEdge } from "../../platform/storage/edge-store.ts";
import type { Changes } from "../../platform/storage/settle.ts";
import { PACMAN_PLATFORMS, type PacmanArch, pacman } from "./pacman.ts";
import { REPOSITORIES, type RepositoryName } from "./repository.ts";

/** The packages in one asker's database. `changedAt`: the time of the newest record behind it. */
export type Listing = { packages: { workerId: string; artifact: ReleaseFile }[]; changedAt: UnixSeconds };

/** The refusals that leave a worker out of a database. */
const NOTHING_THERE: ReadonlySet<DeliveryRefusal["code"]> = new Set([
  "NOT_ENTITLED",
  "VERSION_NOT_FOUND",
  "VERSION_NOT_COVERED",
  "ARTIFACT_NOT_FOUND",
]);

/**
 * The packages of a repository for an architecture and `asker` (null: the free repository). For each worker it is the
 * package of the newest published stable release that the asker may have, so that pacman never chooses a package that
 * it cannot download. `settle` settles the change of an activation before the next decision. Reads KV at most once.
 * Throws the problem of a refused license or activation.
 */
export async function listingFor(
  c: RequestScope,
  repository: RepositoryName,
  arch: PacmanArch,
  asker: Asker | null,
  settle: (changes: Changes) => Promise<unknown>,
): Promise<Listing> {
  const { now } = c.var;
  const licenseId = asker?.licenseId ?? null;
  const file = { platform: PACMAN_PLATFORMS[arch], format: pacman } as const;
  const listing: Listing = { packages: [], changedAt: 0 };
  // Sequential, because the first decision may activate the machine for the others.
  for (const worker of await readAtOnce(c.env, REPOSITORIES[repository], licenseId, now)) {
    const wanted = { version: "latest", channel: "stable", file } as const;
    const { decision, changes } = await decideFor(c, worker, wanted, asker);
    await settle(changes);
    if (decision.ok) listing.packages.push({ workerId: worker.id, artifact: decision.value.artifact });
    else if (!NOTHING_THERE.has(decision.error.code)) throw deliveryProblem(decision.error, c.var.config);
    const { manifest, license } = await readDeliveryFacts(c, worker.id, licenseId);
    listing.changedAt = Math.max(listing.changedAt, manifest.published_at, license?.published_at ?? 0);
  }
  return listing;
}

/**
 * Reads the records for all decisions and databases into the isolate, in one operation. Returns the workers of `tier`
 * that have releases, or all of them if KV fails, because the ledger is read for each then.
 */
async function readAtOnce(
  env: Pick<Env, "EDGE">,
  tier: Worker["tier"],
  licenseId: string | null,
  now: UnixSeconds,
): Promise<Worker[]> {
  const ofTier = workers.filter((worker) => worker.tier === tier);
  const keys = ofTier.flatMap(({ id }): EdgeKey[] => [`manifest:${id}`, `packages:${id}`]);
  if (licenseId !== null) keys.push(`license:${licenseId}`);
  try {
    const found = await readEdge(env.EDGE, keys, now);
    return ofTier.filter(({ id }) => found.get(`manifest:${id}`) !== null);
  } catch (error) {
    logFailure("edge.unreadable", error, { keys });
    return ofTier;
  }
}
