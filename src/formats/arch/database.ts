import { packTar } from "modern-tar";
import * as z from "zod";
import { type PackageRecord, packagesFromLedger } from "../../domain/releases/manifest-publication.ts";
import { IsolateCache, SMALL_CACHE } from "../../lib/isolate.ts";
import { logFailure } from "../../lib/log.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { HOUR, type UnixSeconds } from "../../lib/time.ts";
import { etagOf } from "../../platform/http/document.ts";
import { type EdgeKey, readEdge, rememberEdge } from "../../platform/storage/edge-store.ts";
import { faultOfClaims } from "./claims.ts";
import type { ListedPackage, Listing } from "./listing.ts";
import { type PacmanContents, parsePkginfo } from "./pacman.ts";

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

/**
 * A pacman database: a gzipped tar with a folder for each package that holds its `desc` and, with `withFiles`, its
 * `files`. The same packages make the same bytes, in any order.
 */
export async function databaseArchive(
  entries: readonly PackageEntry[],
  withFiles: boolean,
): Promise<Uint8Array<ArrayBuffer>> {
  const sorted = entries.toSorted((a, b) => (a.folder < b.folder ? -1 : 1));
  const tar = await packTar(
    sorted.flatMap(({ folder, desc, files }) => [
      { header: { ...COMMON, name: `${folder}/`, type: "directory" as const, size: 0, mode: 0o755 } },
      file(`${folder}/desc`, desc),
      ...(withFiles ? [file(`${folder}/files`, files)] : []),
    ]),
  );
  const gzipped = new Blob([tar]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(gzipped).arrayBuffer());
}

/** Fixed metadata, so that equal content gives equal bytes. */
const COMMON = { mtime: new Date(0), uid: 0, gid: 0, uname: "root", gname: "root" };

function file(name: string, text: string) {
  const body = new TextEncoder().encode(text);
  return { header: { ...COMMON, name, type: "file" as const, size: body.length, mode: 0o644 }, body };
}

/** One package of a database: its folder's name, and the texts of the two files in it. */
export type PackageEntry = { folder: string; desc: string; files: string };

/**
 * The entry of a package in a pacman database: the fields of repo-add in its order, without empty ones (pacman 6,
 * repo-add.sh). It has no MD5SUM, because pacman checks SHA-256. The error is a fault of `.PKGINFO`.
 */
export function packageEntry(
  artifact: ListedPackage["file"],
  { pkginfo, files }: PacmanContents,
): Result<PackageEntry, string> {
  const parsed = parsePkginfo(pkginfo);
  if (!parsed.ok) return parsed;
  const info = parsed.value;
  const fields: [name: string, values: string | readonly string[]][] = [
    ["FILENAME", artifact.filename],
    ["NAME", info.pkgname],
    ["BASE", info.pkgbase],
    ["VERSION", info.pkgver],
    ["DESC", info.pkgdesc],
    ["GROUPS", info.group],
    ["CSIZE", String(artifact.size)],
    ["ISIZE", info.size],
    ["SHA256SUM", artifact.sha256],
    ["PGPSIG", artifact.pgp_signature ?? ""],
    ["URL", info.url],
    ["LICENSE", info.license],
    ["ARCH", info.arch],
    ["BUILDDATE", info.builddate],
    ["PACKAGER", info.packager],
    ["REPLACES", info.replaces],
    ["CONFLICTS", info.conflict],
    ["PROVIDES", info.provides],
    ["DEPENDS", info.depend],
    ["OPTDEPENDS", info.optdepend],
    ["MAKEDEPENDS", info.makedepend],
    ["CHECKDEPENDS", info.checkdepend],
  ];
  return ok({
    folder: `${info.pkgname}-${info.pkgver}`,
    desc: fields.map(([name, values]) => fieldOf(name, [values].flat())).join(""),
    files: `%FILES%\n${[...new Set(files)]
      .sort()
      .map((path) => `${path}\n`)
      .join("")}`,
  });
}

function fieldOf(name: string, values: readonly string[]): string {
  const lines = values.filter((value) => value !== "");
  return lines.length === 0 ? "" : `%${name}%\n${lines.join("\n")}\n\n`;
}
