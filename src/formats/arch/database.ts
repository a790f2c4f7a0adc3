import * as z from "zod";
import { type PackageRecord, packagesFromLedger } from "../../domain/releases/manifest-publication.ts";
import { IsolateCache, SMALL_CACHE } from "../../lib/isolate.ts";
import { logFailure } from "../../lib/log.ts";
import { err, type Result } from "../../lib/result.ts";
import { HOUR, type UnixSeconds } from "../../lib/time.ts";
import { etagOf } from "../../platform/http/document.ts";
import { type EdgeKey, readEdge, rememberEdge } from "../../platform/storage/edge-store.ts";
import { faultOfClaims } from "./claims.ts";
import { databaseArchive, type PackageEntry, packageEntry } from "./database-archive.ts";
import type { ListedPackage, Listing } from "./listing.ts";
import { parsePkginfo } from "./pkginfo.ts";

/** A database's bytes and their entity tag. */
export type Database = { bytes: Uint8Array<ArrayBuffer>; etag: string };

/** The databases by their content: all askers with the same packages share one. */
const databases = new IsolateCache<Database>(200, SMALL_CACHE);

/**
 * The database of these packages, with their file lists or without. Reads only records that the listing has left in the
 * isolate, or the ledger if the edge does not have a package yet. Throws D1's errors.
 */
export async function databaseOf(
  env: Pick<Env, "EDGE" | "DB">,
  packages: Listing["packages"],
  withFiles: boolean,
  now: UnixSeconds,
): Promise<Database> {
  const key = [withFiles, ...packages.flatMap(({ file }) => [file.filename, file.sha256, file.pgp_signature])].join(
    " ",
  );
  const known = databases.get(key, now);
  if (known) return known;
  const entries = [];
  for (const listed of packages) {
    const entry = await readEntry(env, listed, now);
    // One package that breaks the rules must not take the others away from every machine.
    if (entry.ok) entries.push(entry.value);
    else logFailure("package.left_out", new Error(entry.error), about(listed));
  }
  const bytes = await databaseArchive(entries, withFiles);
  const database = { bytes, etag: etagOf(bytes) };
  databases.set(key, database, now + HOUR);
  return database;
}

const about = ({ workerId, file }: ListedPackage) => ({ worker_id: workerId, filename: file.filename });

/** Contents that `pacman.check` has accepted when they were declared. */
const StoredContents = z.object({ pkginfo: z.string(), files: z.array(z.string()) });

async function readEntry(
  env: Pick<Env, "EDGE" | "DB">,
  { workerId, file, contents }: ListedPackage,
  now: UnixSeconds,
): Promise<Result<PackageEntry, string>> {
  const { pkginfo, files } = StoredContents.parse(contents ?? (await readContents(env, workerId, file.filename, now)));
  // An earlier version of this service may have accepted claims that are refused today.
  const info = parsePkginfo(pkginfo);
  const fault = info.ok ? faultOfClaims(workerId, info.value) : info.error;
  return fault === null ? packageEntry(file, { pkginfo, files }) : err(fault);
}

/** The contents of an uploaded package, from the edge copy or the ledger. */
async function readContents(
  env: Pick<Env, "EDGE" | "DB">,
  workerId: string,
  filename: string,
  now: UnixSeconds,
): Promise<unknown> {
  const key: EdgeKey = `packages:${workerId}`;
  const found = await readEdge(env.EDGE, [key], now).catch(() => new Map<EdgeKey, unknown>());
  const known = (found.get(key) as PackageRecord | null | undefined)?.[filename];
  if (known) return known;
  const record = await packagesFromLedger(env.DB, workerId);
  rememberEdge(key, record, now);
  return record[filename];
}
