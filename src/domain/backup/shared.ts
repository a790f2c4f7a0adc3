import type { Chunk } from "./format.ts";
import type { Place } from "./page.ts";
import { APPEND_ONLY } from "./schema.ts";
import { listBackups, listKeys, readManifest } from "./store.ts";

// Full files of the audit trail belong to no backup alone: none of their rows ever changes, so later backups name them.

const PREFIX = `${APPEND_ONLY}/`;

/** The key of a full file of the append-only table: the number and the id of its last row. */
export const sharedKey = (place: Place, lastId: string): string =>
  `${PREFIX}${String(place?.[0]).padStart(12, "0")}-${lastId}.jsonl.gz`;

const parseKey = (key: string): { rowid: number; id: string } => {
  const [, rowid, id = ""] = /\/(\d+)-(.*)\.jsonl\.gz$/.exec(key) ?? [];
  return { rowid: Number(rowid), id };
};

/**
 * The shared files of the newest backup that a new one can name, and the place behind them. None if the ledger's trail
 * is not the one that they were read from, as after a restore of an older state. Throws the errors of D1 and R2.
 */
export async function reusableChunks(
  db: D1Database,
  bucket: R2Bucket,
): Promise<{ chunks: Chunk[]; after: Place } | null> {
  const [newest] = (await listBackups(bucket)).backups;
  const manifest = newest && (await readManifest(bucket, newest.id));
  const named = manifest?.tables.find(({ name }) => name === APPEND_ONLY)?.chunks ?? [];
  const there = await listKeys(bucket, PREFIX);
  const end = named.findIndex(({ key, bytes }) => there.get(key) !== bytes);
  const chunks = end === -1 ? named : named.slice(0, end);
  const last = chunks.at(-1);
  if (!last) return null;
  const { rowid, id } = parseKey(last.key);
  const same = await db.prepare(`SELECT 1 FROM "${APPEND_ONLY}" WHERE rowid = ? AND id = ?`).bind(rowid, id).first();
  return same === null ? null : { chunks, after: [rowid] };
}
