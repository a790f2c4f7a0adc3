import { logFailure } from "../../lib/log.ts";
import { toRfc3339, type UnixSeconds } from "../../lib/time.ts";
import { configOf } from "../../platform/config/config.ts";
import { readWatermark, watermarkWrite } from "../../platform/storage/watermark.ts";
import { endOfCapture } from "./capture.ts";
import type { Snapshot } from "./changes.ts";
import { chunkKey, writeChunk } from "./chunk.ts";
import { type Chunk, FORMAT, type Manifest, type ObjectLine } from "./format.ts";
import { deleteProgress, type Progress } from "./progress.ts";
import { outdatedBackups } from "./retention.ts";
import { LEFT_OUT } from "./schema.ts";
import { deleteUnshared } from "./shared.ts";
import { BackupSummary, deleteBackup, listBackups, writeManifest } from "./store.ts";

/** The objects that one file lists. */
const OBJECTS_OF_FILE = 10_000;

/** The watermark of the last finished backup. Its position is a `BackupSummary` as JSON. */
export const BACKUP_MARK = "backup";

/** The time and the size in bytes of the last finished backup, or null before the first one. Throws D1's errors. */
export async function readLastBackup(db: D1Database): Promise<{ at: UnixSeconds; bytes: number } | null> {
  const { at, position } = await readWatermark(db, BACKUP_MARK);
  return position === null ? null : { at, bytes: BackupSummary.parse(JSON.parse(position)).bytes };
}

/**
 * Finishes a backup whose tables and changes are stored: it lists the objects of releases, writes the manifest, ends
 * the notes of changes, and deletes outdated backups. Throws the errors of D1 and R2.
 */
export async function finishBackup(env: Env, progress: Progress, snapshot: Snapshot, now: UnixSeconds): Promise<void> {
  const { DEPLOYMENT, PUBLIC_URL, LIVEMODE } = configOf(env);
  const { counts, objects, schema, migrations } = snapshot;
  const manifest: Manifest = {
    format: FORMAT,
    id: progress.id,
    deployment: { name: DEPLOYMENT, public_url: PUBLIC_URL, livemode: LIVEMODE },
    started_at: toRfc3339(progress.startedAt),
    as_of: toRfc3339(now),
    migrations,
    schema,
    tables: progress.tables.map(({ name, primaryKey, chunks }) => {
      return { name, primary_key: primaryKey, rows: counts.get(name) ?? 0, chunks };
    }),
    left_out: [...LEFT_OUT],
    changes: progress.changes,
    objects: {
      count: objects.length,
      bytes: objects.reduce((sum, { size }) => sum + size, 0),
      chunks: await writeObjects(env.BACKUPS, progress.id, objects),
    },
  };
  const summary = await writeManifest(env.BACKUPS, manifest);
  await env.DB.batch([...(await endOfCapture(env.DB)), markOf(env.DB, summary, now)]);
  await deleteProgress(env.BACKUPS, progress.id);
  // The new backup stands even if old ones stay a day longer.
  await deleteOutdated(env.BACKUPS, now).catch((error: unknown) => logFailure("backup.cleanup_failed", error));
}

async function writeObjects(bucket: R2Bucket, id: string, objects: readonly ObjectLine[]): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for (let at = 0; at < objects.length; at += OBJECTS_OF_FILE) {
    const key = chunkKey(id, "objects", chunks.length + 1);
    chunks.push(await writeChunk(bucket, key, objects.slice(at, at + OBJECTS_OF_FILE)));
  }
  return chunks;
}

const markOf = (db: D1Database, summary: BackupSummary, now: UnixSeconds): D1PreparedStatement =>
  watermarkWrite(db, BACKUP_MARK, { at: now, position: JSON.stringify(summary) });

/** Deletes the backups that are no longer kept, and the folders of backups that never finished. Throws R2's errors. */
async function deleteOutdated(bucket: R2Bucket, now: UnixSeconds): Promise<void> {
  const { backups, unfinished } = await listBackups(bucket);
  const outdated = outdatedBackups(
    backups.map(({ id }) => id),
    now,
  );
  // The lease of the job is ours: no other backup is under way.
  for (const id of [...outdated, ...unfinished]) await deleteBackup(bucket, id);
  const kept = backups.map(({ id }) => id).filter((id) => !outdated.includes(id));
  await deleteUnshared(bucket, kept);
}
