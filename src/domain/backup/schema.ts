import * as z from "zod";

/**
 * The tables whose rows are no part of a backup. Sessions, recovery links and logins of machines admit people: a
 * restored one would admit a person who has signed out since. The leases of jobs and the backup's own tables describe
 * work that is under way.
 */
export const LEFT_OUT: readonly string[] = [
  "sessions",
  "recovery_links",
  "device_logins",
  "job_leases",
  "backup_captures",
  "backup_changes",
];

/** The audit trail: no row ever changes, and few are deleted. Later backups name its unchanged files again. */
export const TRAIL = "audit";

/** A table of the ledger: its columns, and those of its primary key in their order. */
export type Table = { name: string; columns: string[]; primaryKey: string[] };

/** The names that begin so belong to SQLite, to Cloudflare or to a running backup. */
export const CAPTURE_PREFIX = "backup_capture_";
const OURS = `name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*' AND name NOT GLOB '${CAPTURE_PREFIX}*'`;

/** The query for the statements that make the schema: tables first, then indexes, views and triggers. */
export const schemaQuery = (db: D1Database): D1PreparedStatement =>
  db.prepare(`SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND ${OURS} ORDER BY type <> 'table', rowid`);

/** The statements of a result of `schemaQuery`. */
export const statementsOf = (rows: readonly unknown[]): string[] =>
  rows.map((row) => z.object({ sql: z.string() }).parse(row).sql);

/** The statements that make the schema. Throws D1's errors. */
export const readSchema = async (db: D1Database): Promise<string[]> =>
  statementsOf((await schemaQuery(db).all()).results);

/** The query for the names of the migrations that the ledger has. */
export const migrationsQuery = (db: D1Database): D1PreparedStatement =>
  db.prepare("SELECT name FROM d1_migrations ORDER BY id");

/** The names in a result of `migrationsQuery`. */
export const migrationsOf = (rows: readonly unknown[]): string[] =>
  rows.map((row) => z.object({ name: z.string() }).parse(row).name);

/** The names of the migrations that the ledger has. Throws D1's errors. */
export const readMigrations = async (db: D1Database): Promise<string[]> =>
  migrationsOf((await migrationsQuery(db).all()).results);

const ColumnRow = z.object({ name: z.string(), column: z.string(), pk: z.int() });

/** Every table with rows to back up, in the order that they were made. Throws D1's errors. */
export async function readTables(db: D1Database): Promise<Table[]> {
  const { results } = await db
    .prepare(
      `SELECT tables.name, columns.name AS "column", columns.pk
       FROM (SELECT name, rowid AS place FROM sqlite_schema WHERE type = 'table' AND ${OURS}) AS tables
       JOIN pragma_table_info(tables.name) AS columns ORDER BY place, columns.cid`,
    )
    .all();
  const columns = Map.groupBy(
    results.map((row) => ColumnRow.parse(row)),
    ({ name }) => name,
  );
  return [...columns]
    .filter(([name]) => !LEFT_OUT.includes(name))
    .map(([name, rows]) => ({
      name,
      columns: rows.map(({ column }) => column),
      primaryKey: rows
        .filter(({ pk }) => pk > 0)
        .sort((a, b) => a.pk - b.pk)
        .map(({ column }) => column),
    }));
}
