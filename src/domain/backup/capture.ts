import { HOUR } from "../../lib/time.ts";
import { CAPTURE_PREFIX, type Table } from "./schema.ts";

/** How long the changes of one backup are noted, in seconds. A backup that takes longer has failed. */
const CAPTURE_SECONDS = 12 * HOUR;

/**
 * The triggers that note the primary key of each written row of a table. They exist only while a backup runs. The
 * condition ends the notes of a backup that died, so that its notes cannot fill the ledger.
 */
function triggersOf({ name, primaryKey }: Table): string[] {
  const keyOf = (row: "old" | "new") => `json_array(${primaryKey.map((column) => `${row}."${column}"`).join(", ")})`;
  const note = (event: string, ...rows: ("old" | "new")[]) =>
    `CREATE TRIGGER "${CAPTURE_PREFIX}${event.toLowerCase()}_on_${name}" AFTER ${event} ON "${name}" ` +
    "WHEN (SELECT max(until) FROM backup_captures) > unixepoch() BEGIN INSERT INTO backup_changes (table_name, key) " +
    `${rows.map((row) => `SELECT '${name}', ${keyOf(row)}`).join(" UNION ")}; END`;
  return [note("INSERT", "new"), note("UPDATE", "old", "new"), note("DELETE", "old")];
}

/** Whether the changes of the backup `id` are noted. Throws D1's errors. */
export async function isCapturing(db: D1Database, id: string): Promise<boolean> {
  const row = await db
    .prepare("SELECT 1 FROM backup_captures WHERE backup_id = ? AND until > unixepoch()")
    .bind(id)
    .first();
  return row !== null;
}

/** Begins to note the rows that are written, for the backup `id`, and forgets an earlier one. Throws D1's errors. */
export async function startCapture(db: D1Database, id: string, tables: readonly Table[]): Promise<void> {
  await db.batch([
    ...(await endOfCapture(db)),
    db.prepare("INSERT INTO backup_captures (backup_id, until) VALUES (?, unixepoch() + ?)").bind(id, CAPTURE_SECONDS),
    ...tables.flatMap(triggersOf).map((sql) => db.prepare(sql)),
  ]);
}

/** The statements that end the notes and forget them. Throws D1's errors. */
export async function endOfCapture(db: D1Database): Promise<D1PreparedStatement[]> {
  const { results } = await db
    .prepare(`SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name GLOB '${CAPTURE_PREFIX}*'`)
    .all<{ name: string }>();
  return [
    ...results.map(({ name }) => db.prepare(`DROP TRIGGER "${name}"`)),
    db.prepare("DELETE FROM backup_changes"),
    db.prepare("DELETE FROM backup_captures"),
  ];
}
