import type { ManifestArtifact } from "../../domain/releases/manifest.ts";
import { type PackageRecord, packagesFromLedger } from "../../domain/releases/package-store.ts";
import { IsolateCache } from "../../lib/isolate.ts";
import { HOUR, type UnixSeconds } from "../../lib/time.ts";
import { etagOf } from "../../platform/http/static-document.ts";
import { type EdgeKey, readEdge, rememberEdge } from "../../platform/storage/edge-store.ts";
import { databaseArchive } from "./database-archive.ts";
import type { Listing } from "./listing.ts";
import { type PackageEntry, packageEntry } from "./package.ts";

/** A database's bytes and their entity tag. */
export type Database = { bytes: Uint8Array<ArrayBuffer>; etag: string };

/** By what they hold: all who may have the same packages share one. */
const databases = new IsolateCache<Database>(200);

/**
 * The database of these packages, with their file lists or without. Reads nothing that the listing has not left in the isolate,
 * unless the edge does not know a package yet: then the ledger. Throws what D1 throws.
 */
export async function databaseOf(
  env: Pick<Env, "EDGE" | "DB">,
  packages: Listing["packages"],
  withFiles: boolean,
  now: UnixSeconds,
): Promise<Database> {
  const key = [withFiles, ...packages.map(({ artifact }) => artifact.object_key)].join(" ");
  const known = databases.get(key, now);
  if (known) return known;
  const entries = [];
  for (const { workerId, artifact } of packages) entries.push(await readEntry(env, workerId, artifact, now));
  const bytes = await databaseArchive(entries, withFiles);
  const database = { bytes, etag: etagOf(bytes) };
  databases.set(key, database, now + HOUR);
  return database;
}

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
    const record = await packagesFromLedger(env.DB, workerId);
    rememberEdge(key, record, now);
    contents = record[artifact.filename];
  }
  // Both were checked when the package was declared, and what has been published is never changed.
  if (!contents) throw new Error(`nothing is known of the package ${artifact.filename}`);
  const entry = packageEntry(artifact, contents);
  if (!entry.ok) throw new Error(`${artifact.filename}: ${entry.error}`);
  return entry.value;
}
