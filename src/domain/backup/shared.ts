import * as z from "zod";
import type { Chunk } from "./format.ts";
import type { Place } from "./page.ts";
import { readMigrations, TRAIL } from "./schema.ts";
import { listBackups, listKeys, readManifest } from "./store.ts";

// Full files of the audit trail belong to no backup alone: later backups name them as long as their rows are the same.

const PREFIX = `${TRAIL}/`;

/** The key of a full file of the trail: the number and the id of its last row, and the digest of its rows. */
export const sharedKey = (place: Place, lastId: string, digest: string): string =>
  `${PREFIX}${String(place?.[0]).padStart(12, "0")}-${lastId}-${digest.slice(0, 16)}.jsonl.gz`;

/** The row number of the last row of a file, and the row's id. */
export const lastOf = ({ key }: Chunk): { rowid: number; id: string } => {
  const [, rowid, id = ""] = /\/(\d+)-(.*)-[0-9a-f]+\.jsonl\.gz$/.exec(key) ?? [];
  return { rowid: Number(rowid), id };
};

/**
 * The full files of the trail that the newest backup names and the bucket still has. None after a migration, which may
 * have rewritten a row of the trail, as the erasure of a name in it does. Throws the errors of D1 and R2.
 */
export async function sharedChunks(db: D1Database, bucket: R2Bucket): Promise<Chunk[]> {
  const [newest] = (await listBackups(bucket)).backups;
  const manifest = newest && (await readManifest(bucket, newest.id));
  if (!manifest || manifest.migrations.join() !== (await readMigrations(db)).join()) return [];
  const named = manifest.tables.find(({ name }) => name === TRAIL)?.chunks ?? [];
  const there = await listKeys(bucket, PREFIX);
  return named.filter(({ key, bytes }) => there.get(key) === bytes);
}

/**
 * Whether a file still has the rows of the trail behind `after`, up to its last row. No row of the trail can be
 * changed, so their number and the last one decide: rows may be deleted, and the ledger may be restored. Throws D1's
 * errors.
 */
export async function isUnchanged(db: D1Database, chunk: Chunk, after: Place): Promise<boolean> {
  const { rowid, id } = lastOf(chunk);
  const found = await db
    .prepare(
      `SELECT (SELECT count(*) FROM "${TRAIL}" WHERE rowid > ?1 AND rowid <= ?2) AS rows,
         (SELECT id FROM "${TRAIL}" WHERE rowid = ?2) AS id`,
    )
    .bind(Number(after?.[0] ?? 0), rowid)
    .first();
  const { rows, id: last } = z.object({ rows: z.int(), id: z.string().nullable() }).parse(found);
  return rows === chunk.rows && last === id;
}

/** Deletes the full files of the trail that no backup names any more. Throws R2's errors. */
export async function deleteUnshared(bucket: R2Bucket, backups: readonly string[]): Promise<void> {
  const named = new Set<string>();
  for (const id of backups) {
    const manifest = await readManifest(bucket, id);
    for (const { chunks } of manifest?.tables ?? []) for (const { key } of chunks) named.add(key);
  }
  const unnamed = [...(await listKeys(bucket, PREFIX)).keys()].filter((key) => !named.has(key));
  if (unnamed.length > 0) await bucket.delete(unnamed.slice(0, 1000));
}
