import * as z from "zod";
import type { UnixSeconds } from "../../../lib/time.ts";
import { type Change, ifChanged } from "../../../platform/storage/ledger.ts";
import type { ForeignKey, ForeignSource } from "./key.ts";

const ForeignKeyRow = z.object({
  license_id: z.string(),
  generation: z.number(),
  source: z.string(),
  exchanged_at: z.number().nullable(),
});

/** The key of another shop with this hash, or null. Throws D1's errors. */
export async function readForeignKey(db: D1Database, hash: string): Promise<ForeignKey | null> {
  const row = await db
    .prepare("SELECT license_id, generation, source, exchanged_at FROM foreign_keys WHERE hash = ?")
    .bind(hash)
    .first();
  return row === null ? null : ForeignKeyRow.parse(row);
}

/** The licenses of those of these hashes that are stored, by hash. Throws D1's errors. */
export async function licensesOfHashes(db: D1Database, hashes: readonly string[]): Promise<Map<string, string>> {
  const { results } = await db
    .prepare("SELECT hash, license_id FROM foreign_keys WHERE hash IN (SELECT value FROM json_each(?))")
    .bind(JSON.stringify(hashes))
    .all<{ hash: string; license_id: string }>();
  return new Map(results.map(({ hash, license_id }) => [hash, license_id]));
}

/** Stores a key with the license that `change` creates. Fails with a UNIQUE violation if the key is stored already. */
export const storesForeignKey = (
  db: D1Database,
  change: Change,
  hash: string,
  source: ForeignSource,
): D1PreparedStatement =>
  ifChanged(
    db,
    { table: "licenses", id: change.subject },
    change.id,
    `INSERT INTO foreign_keys (hash, license_id, generation, source, imported_at)
     SELECT ?, ?, 0, ?, ? WHERE TOOK_EFFECT`,
    ...[hash, change.subject, source, change.at],
  );

/** Notes the first exchange of a key. */
export const notesExchange = (db: D1Database, change: Change, hash: string, now: UnixSeconds): D1PreparedStatement =>
  ifChanged(
    db,
    { table: "licenses", id: change.subject },
    change.id,
    "UPDATE foreign_keys SET exchanged_at = ? WHERE hash = ? AND exchanged_at IS NULL AND TOOK_EFFECT",
    ...[now, hash],
  );
