import { packTar } from "modern-tar";
import * as z from "zod";
import type { ManifestArtifact } from "../../domain/releases/manifest.ts";
import { type PackageRecord, packagesFromLedger } from "../../domain/releases/manifest-publication.ts";
import { IsolateCache } from "../../lib/isolate.ts";
import { ok, type Result } from "../../lib/result.ts";
import { HOUR, MINUTE, type UnixSeconds } from "../../lib/time.ts";
import { etagOf } from "../../platform/http/static-document.ts";
import { type EdgeKey, ISOLATE_TTL, readEdge, rememberEdge } from "../../platform/storage/edge-store.ts";
import type { Listing } from "./listing.ts";
import { type PacmanContents, parsePkginfo } from "./pacman.ts";

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

/** The contents that `pacman.check` let in. */
const StoredContents = z.object({ pkginfo: z.string(), files: z.array(z.string()) });

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
  // The contents were checked when the package was declared, and a published package never changes.
  const entry = packageEntry(artifact, StoredContents.parse(contents));
  if (!entry.ok) throw new Error(`${artifact.filename}: ${entry.error}`);
  return entry.value;
}

/**
 * A pacman database: a gzipped tar with a folder for each package, its `desc` in it, and with `withFiles` its `files`. The same
 * packages make the same bytes, in whatever order they come.
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

/** What would make equal content differ. */
const COMMON = { mtime: new Date(0), uid: 0, gid: 0, uname: "root", gname: "root" };

function file(name: string, text: string) {
  const body = new TextEncoder().encode(text);
  return { header: { ...COMMON, name, type: "file" as const, size: body.length, mode: 0o644 }, body };
}

/** For how long after a change some place may still use the records from before it, in seconds. */
const SETTLING = MINUTE + ISOLATE_TTL;

/**
 * The `Last-Modified` of a database whose newest record was made at `changedAt`, at `now`. pacman takes a database only if this
 * date is later than the one of its copy, to the second. While a change settles, a copy may have been made of one new record and
 * one old one, or before another change in the same second: it is dated a second back then, so that who has taken it takes it
 * once more when all is settled.
 */
export const databaseDate = (changedAt: UnixSeconds, now: UnixSeconds): UnixSeconds =>
  now <= changedAt + SETTLING ? changedAt - 1 : changedAt;

/** One package of a database: its folder's name, and the texts of the two files in it. */
export type PackageEntry = { folder: string; desc: string; files: string };

/**
 * The entry of a package in a pacman database: the fields that repo-add writes, in its order, those without a value left out
 * (pacman 6, repo-add.sh). Without MD5SUM: SHA-256 is what counts. The error is what is wrong with its `.PKGINFO`.
 */
export function packageEntry(
  artifact: Pick<ManifestArtifact, "filename" | "size" | "sha256" | "pgp_signature">,
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
