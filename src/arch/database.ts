import { type Worker, workers } from "../catalog/workers.ts";
import type { Asker } from "../delivery/asker.ts";
import { decideFor } from "../delivery/authorization.ts";
import { readDeliveryFacts } from "../delivery/facts.ts";
import type { RequestScope } from "../http/app.ts";
import { etagOf } from "../http/etag.ts";
import { Problem, type ProblemCode } from "../http/problem.ts";
import type { ManifestArtifact } from "../releases/manifest.ts";
import { PACMAN_PLATFORMS, type PacmanArch } from "../releases/package-check.ts";
import { type PackageRecord, packagesFromLedger } from "../releases/package-store.ts";
import { type EdgeKey, readEdge, rememberEdge } from "../storage/edge-store.ts";
import { IsolateCache } from "../storage/isolate-cache.ts";
import { currentTime, HOUR, type UnixSeconds } from "../time.ts";
import { databaseArchive } from "./database-archive.ts";
import { type PackageEntry, packageEntry } from "./package-entry.ts";
import { REPOSITORIES, type RepositoryName } from "./repository.ts";

/** A database as one asker gets it. `changedAt`: when the newest record that it was made from was made. */
export type Database = { bytes: Uint8Array<ArrayBuffer>; etag: string; changedAt: UnixSeconds };

/** The refusals that mean: nothing of this worker for this asker. */
const NOTHING_THERE: ReadonlySet<ProblemCode> = new Set([
  "NOT_ENTITLED",
  "VERSION_NOT_FOUND",
  "VERSION_NOT_COVERED",
  "ARTIFACT_NOT_FOUND",
]);

/** Assembled databases by what they hold, so that all who may have the same packages share one. */
const assembled = new IsolateCache<Pick<Database, "bytes" | "etag">>(200);

/**
 * The database of a repository for an architecture, for `asker` (null: the free one is for everybody): of each worker the package
 * of the newest release that is published, stable and theirs, so that pacman never chooses one that it could not download. One KV
 * read at most. Throws the problem of a license that is refused, and of an activation that is.
 */
export async function databaseFor(
  c: RequestScope,
  { repository, arch, withFiles }: { repository: RepositoryName; arch: PacmanArch; withFiles: boolean },
  asker: Asker | null,
): Promise<Database> {
  const now = currentTime();
  const licenseId = asker?.licenseId ?? null;
  const offered = await readAtOnce(c.env, REPOSITORIES[repository], licenseId, now);
  const wanted = {
    version: "latest",
    channel: "stable",
    file: { platform: PACMAN_PLATFORMS[arch], kind: "package" },
  } as const;
  const listed: { worker: Worker; artifact: ManifestArtifact }[] = [];
  let changedAt = 0;
  for (const worker of offered) {
    const decision = await decideFor(c, worker, wanted, asker);
    if (decision.ok) listed.push({ worker, artifact: decision.value.artifact });
    else if (!NOTHING_THERE.has(decision.error.code)) throw new Problem(decision.error);
    const { manifest, license } = await readDeliveryFacts(c.env, worker.id, licenseId, now);
    changedAt = Math.max(changedAt, manifest.published_at, license?.published_at ?? 0);
  }
  const key = [withFiles, ...listed.map(({ artifact }) => artifact.object_key)].join(" ");
  const known = assembled.get(key, now);
  if (known) return { ...known, changedAt };
  const entries: PackageEntry[] = [];
  for (const { worker, artifact } of listed) entries.push(await readEntry(c.env, worker.id, artifact, now));
  const bytes = await databaseArchive(entries, withFiles);
  const database = { bytes, etag: etagOf(bytes) };
  assembled.set(key, database, now + HOUR);
  return { ...database, changedAt };
}

const packagesKey = ({ id }: Pick<Worker, "id">): EdgeKey => `packages:${id}`;

/**
 * Reads everything that the decisions and entries to come need into the isolate, in one operation, and returns the workers of
 * `tier` that have releases; all of them where KV fails, because then the ledger is asked for each.
 */
async function readAtOnce(
  env: Pick<Env, "EDGE">,
  tier: Worker["tier"],
  licenseId: string | null,
  now: UnixSeconds,
): Promise<Worker[]> {
  const ofTier = workers.filter((worker) => worker.tier === tier);
  const keys = ofTier.flatMap((worker): EdgeKey[] => [`manifest:${worker.id}`, packagesKey(worker)]);
  if (licenseId !== null) keys.push(`license:${licenseId}`);
  try {
    const found = await readEdge(env.EDGE, keys, now);
    return ofTier.filter(({ id }) => found.get(`manifest:${id}`) !== null);
  } catch (error) {
    console.error(JSON.stringify({ event: "edge.unreadable", keys, message: String(error) }));
    return ofTier;
  }
}

/** A package's entry, from the edge or, where that does not know the package yet, from the ledger. Throws what D1 throws. */
async function readEntry(
  env: Pick<Env, "EDGE" | "DB">,
  workerId: string,
  artifact: ManifestArtifact,
  now: UnixSeconds,
): Promise<PackageEntry> {
  const key: EdgeKey = `packages:${workerId}`;
  const found = await readEdge(env.EDGE, [key], now).catch(() => new Map<EdgeKey, unknown>());
  let contents = (found.get(key) as PackageRecord | null | undefined)?.[artifact.filename];
  if (!contents) {
    const packages = await packagesFromLedger(env.DB, workerId);
    rememberEdge(key, packages, now);
    contents = packages[artifact.filename];
  }
  const entry = contents ? packageEntry(artifact, contents) : null;
  if (entry?.ok) return entry.value;
  // What was checked when it was declared, and published since, can be read; a release that is gone by now is asked for again.
  throw new Problem({ code: "SERVICE_UNAVAILABLE", detail: "The repository is changing. Please try again." });
}
