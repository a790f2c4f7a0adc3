import type { DatabaseSync } from "node:sqlite";
import { attempt, type Loading } from "./faults.ts";

/** Whether a statement of the schema makes a table. The others make indexes and triggers. */
export const isTable = (sql: string): boolean => sql.startsWith("CREATE TABLE ");

/** Runs the statements of the schema that `isWanted` chooses. The manifest allows none but CREATE. */
export function makeSchema(
  database: DatabaseSync,
  { manifest, faults }: Loading,
  isWanted: (sql: string) => boolean,
): void {
  for (const sql of manifest.schema.filter(isWanted)) {
    attempt(faults, "The schema", () => database.prepare(sql).run());
  }
}

/**
 * The database must have exactly the statements of the manifest, which `restore` writes. `prepare` ignores a second
 * statement behind the first one, and then they differ. Each table has its rows in the backup, or is left out.
 */
export function checkSchema(database: DatabaseSync, { manifest, faults }: Loading): void {
  const made = database.prepare("SELECT type, name, sql FROM sqlite_schema WHERE name NOT GLOB 'sqlite_*'").all();
  const statements = new Set(made.map(({ sql }) => sql));
  if (manifest.schema.some((sql) => !statements.has(sql))) faults.push("The schema is not what its statements make.");
  const known = new Set([...manifest.tables.map(({ name }) => name), ...manifest.left_out]);
  for (const { name } of made.filter(({ type }) => type === "table")) {
    if (!known.has(String(name))) faults.push(`${name} has no rows in the backup, and is not left out.`);
  }
}
