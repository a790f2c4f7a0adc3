import { logFailure } from "../../lib/log.ts";
import { currentTime, DAY, HOUR, MINUTE, type UnixSeconds } from "../../lib/time.ts";
import type { Job, JobProgress } from "../../platform/jobs/job.ts";
import { isCapturing, startCapture } from "./capture.ts";
import { forgetChanges, readSnapshot, type Snapshot } from "./changes.ts";
import { chunkKey, writeChunk } from "./chunk.ts";
import { finishBackup } from "./finish.ts";
import { backupIdAt } from "./format.ts";
import { readRows } from "./page.ts";
import { type Progress, readProgress, type TableProgress, writeProgress } from "./progress.ts";
import { readSchema, readTables, TRAIL } from "./schema.ts";
import { isUnchanged, lastOf, sharedChunks, sharedKey } from "./shared.ts";

/** An invocation: whether it is the first one, the calls of bindings that it may make, and whether it has time left. */
export type Invocation = { isFirst: boolean; calls: number; hasTime(): boolean };

/** Cloudflare ends an invocation at 1,000 calls. The rest are for changes, and for deleting old backups. */
const CALLS = 650;

/** The rounds of changes in one invocation: each takes four calls. */
const ROUNDS = 40;

/** The most calls for one file: a look at the last backup's file, five pages, the new file. */
const CALLS_OF_FILE = 7;

/** Whether the daily backup begins in the minute `at`: at 02:00 UTC, before old rows are removed. */
const isBackupTime = (at: UnixSeconds): boolean => Math.floor((at % DAY) / MINUTE) === (2 * HOUR) / MINUTE;

/** The daily backup. Its position is its id; R2 has the rest of its progress. */
export const backupJob: Job = {
  name: "backup",
  isDue: isBackupTime,
  run: ({ env, scheduledAt, hasTime }, position) =>
    continueBackup(env, position ?? backupIdAt(scheduledAt), { isFirst: position === null, calls: CALLS, hasTime }),
};

/**
 * Backs up the ledger to R2 while it is in use. It reads each table in pages, notes the rows that are written
 * meanwhile, and then reads those rows again, in rounds. The last round reads all that are left in one transaction.
 * Pages and rounds together are the ledger at that moment. Returns null when the backup is finished. Throws if it takes
 * longer than the notes are kept, and the errors of D1 and R2; the next attempt continues.
 */
export async function continueBackup(env: Env, id: string, invocation: Invocation): Promise<JobProgress> {
  const progress = (await isCapturing(env.DB, id)) ? await readProgress(env.BACKUPS, id) : null;
  if (!progress && !invocation.isFirst) throw new Error(`The backup ${id} has not finished within 12 hours.`);
  const begun = progress ?? (await beginBackup(env, id));
  if (!(await readAllTables(env, begun, invocation))) return { position: id };
  const snapshot = await readChanges(env, begun);
  if (!snapshot) return { position: id };
  // A migration has changed tables that are read already: the backup begins again.
  if (JSON.stringify(snapshot.schema) !== JSON.stringify(begun.schema)) {
    await beginBackup(env, id);
    return { position: id };
  }
  await finishBackup(env, begun, snapshot, currentTime());
  return null;
}

async function beginBackup({ DB, BACKUPS }: Env, id: string): Promise<Progress> {
  const [schema, tables] = [await readSchema(DB), await readTables(DB)];
  // A damaged manifest of an earlier backup must not stop the next one. The whole trail is copied then.
  const shared = await sharedChunks(DB, BACKUPS).catch((error: unknown) => {
    logFailure("backup.nothing_shared", error);
    return [];
  });
  await startCapture(DB, id, tables);
  const progress: Progress = {
    id,
    startedAt: currentTime(),
    schema,
    tables: tables.map((table) => ({ ...table, chunks: [], after: null, ended: false })),
    shared,
    changes: [],
  };
  await writeProgress(BACKUPS, progress);
  return progress;
}

/** Copies tables until all are read; returns false if the limits end before that, with the progress stored. */
async function readAllTables(env: Env, progress: Progress, { calls, hasTime }: Invocation): Promise<boolean> {
  let left = calls;
  for (const table of progress.tables) {
    while (!table.ended) {
      if (left < CALLS_OF_FILE || !hasTime()) {
        await writeProgress(env.BACKUPS, progress);
        return false;
      }
      left -= CALLS_OF_FILE;
      await (table.name === TRAIL ? copyTrail(env, progress, table) : copyRows(env, progress, table));
    }
  }
  await writeProgress(env.BACKUPS, progress);
  return true;
}

/** Copies the next file of a table. */
async function copyRows({ DB, BACKUPS }: Env, { id }: Progress, table: TableProgress): Promise<void> {
  const { rows, last, ended } = await readRows(DB, table, table.after);
  const key = chunkKey(id, table.name, table.chunks.length + 1);
  if (rows.length > 0) table.chunks.push(await writeChunk(BACKUPS, key, rows));
  Object.assign(table, { after: last, ended });
}

/** Copies the next file of the audit trail, or names the last backup's file again if its rows are the same. */
async function copyTrail({ DB, BACKUPS }: Env, { id, shared }: Progress, table: TableProgress): Promise<void> {
  const known = shared.shift();
  if (known && (await isUnchanged(DB, known, table.after))) {
    table.chunks.push(known);
    table.after = [lastOf(known).rowid];
    return;
  }
  // Rows of that file were deleted. The new file ends where it ended, so that the files behind it can be named again.
  const through = known && lastOf(known).rowid;
  const { rows, last, ended } = await readRows(DB, table, table.after, through);
  const isLast = ended && through === undefined;
  const key = isLast
    ? chunkKey(id, TRAIL, table.chunks.length + 1)
    : (sha256: string) => sharedKey(last, String(rows.at(-1)?.["id"]), sha256);
  if (rows.length > 0) table.chunks.push(await writeChunk(BACKUPS, key, rows));
  Object.assign(table, { after: last, ended: isLast });
}

/**
 * Copies the noted changes in rounds. Returns the snapshot of the last round, with no change left; null if there are
 * more after the rounds of one invocation.
 */
async function readChanges({ DB, BACKUPS }: Env, progress: Progress): Promise<Snapshot | null> {
  for (let round = 0; round < ROUNDS; round++) {
    const snapshot = await readSnapshot(DB, progress.tables);
    const { changes, through, hasMore } = snapshot;
    if (changes.length > 0) {
      const key = chunkKey(progress.id, "changes", progress.changes.length + 1);
      progress.changes.push(await writeChunk(BACKUPS, key, changes));
    }
    if (!hasMore || through === null) return snapshot;
    // Stored before the notes are forgotten: an attempt that dies in between only copies these rows twice.
    await writeProgress(BACKUPS, progress);
    await forgetChanges(DB, through);
  }
  return null;
}
