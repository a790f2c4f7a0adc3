import * as z from "zod";
import { currentTime, type UnixSeconds } from "../../lib/time.ts";
import { rememberEdge, writeEdge } from "../../platform/storage/edge-store.ts";
import type { Publishers } from "../../platform/storage/settle.ts";
import { framedFilesFromLedger, framedFilesMark } from "./framing/ledger.ts";
import { framedKey } from "./framing/record.ts";
import { ARTIFACT_KINDS, type Manifest, type ManifestRelease, type SourceArchive } from "./manifest.ts";
import type { PackageContents } from "./package-format.ts";
import { signedSourceOf } from "./source/decision.ts";
import { type Release, selectReleases } from "./store.ts";
import { compareVersions } from "./version.ts";

const OFFERED = "worker_id = ? AND status <> 'draft'";

/** A worker's manifest as the ledger has it at `now`. Without releases if the worker has none. Throws D1's errors. */
export async function manifestFromLedger(db: D1Database, workerId: string, now: UnixSeconds): Promise<Manifest> {
  const { retired, releases } = await readOffered(db, workerId);
  return manifestOf(workerId, retired, releases, now);
}

/**
 * Publishes a worker's manifest, and then the contents of its packages and its framed files. The manifest comes first,
 * so that a blocked release is refused even if a long record of packages fails; the ledger answers for it meanwhile.
 * The mark names the latest change of each release and of the framed files.
 */
export const manifestPublisher: Publishers["manifest"] = {
  async publish(env, workerId) {
    const { retired, releases } = await readOffered(env.DB, workerId);
    const framedMark = await framedFilesMark(env.DB, workerId);
    const framed = await framedFilesFromLedger(env.DB, workerId);
    const now = currentTime();
    await writeEdge(env.EDGE, `manifest:${workerId}`, manifestOf(workerId, retired, releases, now), now);
    if (releases.some(({ artifacts }) => artifacts.some(({ kind }) => kind === "package"))) {
      await writeEdge(env.EDGE, `packages:${workerId}`, await packagesFromLedger(env.DB, workerId), now);
    }
    for (const [format, record] of framed) await writeEdge(env.EDGE, framedKey(format, workerId), record, now);
    return markOf(releases, framedMark);
  },
  async mark(env, workerId) {
    const { results } = await env.DB.prepare(`SELECT last_change FROM releases WHERE ${OFFERED}`)
      .bind(workerId)
      .all<Pick<Release, "last_change">>();
    return markOf(results, await framedFilesMark(env.DB, workerId));
  },
};

const markOf = (releases: Pick<Release, "last_change">[], framed: string): string =>
  [...releases.map(({ last_change }) => last_change).sort(), framed].join(" ");

/**
 * The releases that a worker offers, and the revisions of those that have left its manifest. The latter are read first:
 * if a block is lifted in between, the serial is too low until the record is published again, and never too high.
 */
async function readOffered(db: D1Database, workerId: string): Promise<{ retired: number; releases: Release[] }> {
  const sql = "SELECT revisions FROM retired_revisions WHERE worker_id = ?";
  const retired = (await db.prepare(sql).bind(workerId).first<number>("revisions")) ?? 0;
  return { retired, releases: await selectReleases(db, OFFERED, workerId) };
}

const manifestOf = (worker_id: string, retired: number, releases: Release[], now: UnixSeconds): Manifest => ({
  worker_id,
  published_at: now,
  serial: releases.reduce((sum, { revision }) => sum + revision, retired),
  releases: releases.flatMap(offered).sort((a, b) => compareVersions(b.version, a.version)),
});

/** A release in the form of the manifest. Drafts have none. */
function offered(release: Release): ManifestRelease[] {
  const { id, version, channel, status, published_at, notes, source_tag, artifacts } = release;
  const provenance = release.provenance && {
    sha256: release.provenance.sha256,
    size: release.provenance.size,
    subjects: release.provenance.subjects.map(({ name }) => name),
    object_key: release.provenance.object_key,
    verification: release.provenance.verification,
  };
  if (status === "draft" || published_at === null) return [];
  const ready = artifacts.filter(({ state }) => state === "ready");
  const files = ready
    .flatMap(({ kind, platform, filename, size, sha256, object_key, signature, pgp_signature, requires }) =>
      kind === "source" || platform === "any"
        ? []
        : [{ kind, platform, filename, size, sha256, object_key, signature, pgp_signature, requires }],
    )
    .sort((a, b) => ARTIFACT_KINDS.indexOf(a.kind) - ARTIFACT_KINDS.indexOf(b.kind));
  const source = signedSourceOf(release);
  const facts = { id, version, channel, status, published_at, notes, source_tag, source, provenance };
  return [{ ...facts, artifacts: files, source_archive: sourceArchiveIn(ready) }];
}

/** The source archive among the files of a release; null if there is none. */
function sourceArchiveIn(files: Release["artifacts"]): SourceArchive | null {
  const archive = files.find(({ kind }) => kind === "source");
  if (!archive) return null;
  const { filename, size, sha256, object_key, signature } = archive;
  return { filename, size, sha256, object_key, signature };
}

/** A worker's manifest from the ledger, for when KV cannot answer. The isolate keeps it. Throws D1's errors. */
export async function readLedgerManifest(db: D1Database, workerId: string, now: UnixSeconds): Promise<Manifest> {
  const manifest = await manifestFromLedger(db, workerId, now);
  rememberEdge(`manifest:${workerId}`, manifest, now);
  return manifest;
}

/**
 * The contents of the packages of one worker's stable releases, by file name. Yanked and blocked releases are included,
 * because a stale manifest may list them still. KV key `packages:<worker id>`.
 */
export type PackageRecord = Record<string, PackageContents>;

const PackageRow = z.object({
  filename: z.string(),
  contents: z
    .string()
    .transform((text) => JSON.parse(text) as unknown)
    .pipe(z.record(z.string(), z.union([z.string(), z.array(z.string())]))),
});

/** A worker's packages, as the ledger has them. Throws D1's errors. */
export async function packagesFromLedger(db: D1Database, workerId: string): Promise<PackageRecord> {
  const { results } = await db
    .prepare(
      `SELECT filename, group_concat(text, '' ORDER BY part) AS contents FROM package_contents
       JOIN artifacts ON artifacts.id = artifact_id JOIN releases ON releases.id = release_id
       WHERE worker_id = ? AND releases.status <> 'draft' AND channel = 'stable'
       GROUP BY artifacts.id`,
    )
    .bind(workerId)
    .all();
  return Object.fromEntries(results.map((row) => PackageRow.parse(row)).map((row) => [row.filename, row.contents]));
}
