import { createHash } from "node:crypto";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { gunzipSync } from "node:zlib";
import type * as z from "zod";
import { ChangeLine, type Chunk, type Manifest, ObjectLine, Row } from "../../domain/backup/format.ts";
import { CliError, EXIT } from "../errors.ts";
import type { BackupSource } from "./source.ts";

/** The faults of a backup that were found, as sentences for a person. */
export type Faults = string[];

/** Faults beyond this number are only counted. */
const MAX_FAULTS = 20;

/** The work on one backup. */
type Loading = { source: BackupSource; manifest: Manifest; faults: Faults };

/**
 * Loads a backup into an empty SQLite database, which then has the ledger at the moment of the backup. It checks the
 * size and sum of each file, each row by the constraints of its table, the count of rows that the ledger took, the
 * references between tables, and the list of objects. Returns the faults. Throws the errors of the source.
 */
export async function loadBackup(database: DatabaseSync, source: BackupSource, manifest: Manifest): Promise<Faults> {
  const faults: Faults = [];
  const loading: Loading = { source, manifest, faults };
  const isTable = (sql: string) => /^CREATE TABLE/i.test(sql);
  // `prepare` compiles one statement only, and the manifest allows none but CREATE.
  const make = (sql: string) => attempt(faults, "The schema", () => database.prepare(sql).run());
  database.exec("PRAGMA foreign_keys = OFF; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; BEGIN");
  for (const sql of manifest.schema.filter(isTable)) make(sql);
  const changes = await readChanges(loading);
  for (const table of manifest.tables) await loadTable(database, loading, table, changes.get(table.name) ?? new Map());
  for (const sql of manifest.schema.filter((sql) => !isTable(sql))) make(sql);
  database.exec("COMMIT");
  for (const { name, rows } of manifest.tables) {
    const found = Number(database.prepare(`SELECT count(*) AS rows FROM "${name}"`).get()?.["rows"]);
    if (found !== rows) faults.push(`${name} has ${found} rows, and the ledger had ${rows}.`);
  }
  for (const broken of database.prepare("PRAGMA foreign_key_check").all().slice(0, MAX_FAULTS)) {
    faults.push(`A row of ${broken["table"]} names a row of ${broken["parent"]} that is not there.`);
  }
  for (const { integrity_check: text } of database.prepare("PRAGMA integrity_check").all()) {
    if (text !== "ok") faults.push(`SQLite: ${text}.`);
  }
  await checkObjectList(database, loading);
  return faults.length > MAX_FAULTS
    ? [...faults.slice(0, MAX_FAULTS), `And ${faults.length - MAX_FAULTS} more faults.`]
    : faults;
}

/** The last change of each changed row, by table and key. */
async function readChanges(loading: Loading): Promise<Map<string, Map<string, Row | null>>> {
  const changes = new Map<string, Map<string, Row | null>>();
  for (const chunk of loading.manifest.changes) {
    for (const { table, key, row } of await readLines(loading, chunk, ChangeLine)) {
      const ofTable = changes.get(table) ?? new Map<string, Row | null>();
      // A row that changed again comes last, as a new row of the append-only trail does.
      ofTable.delete(JSON.stringify(key));
      changes.set(table, ofTable.set(JSON.stringify(key), row));
    }
  }
  return changes;
}

async function loadTable(
  database: DatabaseSync,
  loading: Loading,
  { name, primary_key, chunks }: Manifest["tables"][number],
  changed: Map<string, Row | null>,
): Promise<void> {
  const columns = database
    .prepare(`PRAGMA table_info("${name}")`)
    .all()
    .map((column) => String(column["name"]));
  const list = columns.map((column) => `"${column}"`).join(", ");
  const insert = database.prepare(`INSERT INTO "${name}" (${list}) VALUES (${columns.map(() => "?").join(", ")})`);
  const add = (row: Row) => attempt(loading.faults, `A row of ${name}`, () => insertRow(insert, columns, row));
  for (const chunk of chunks) {
    for (const row of await readLines(loading, chunk, Row)) {
      if (!changed.has(JSON.stringify(primary_key.map((column) => row[column])))) add(row);
    }
  }
  for (const row of changed.values()) if (row) add(row);
}

function insertRow(insert: StatementSync, columns: readonly string[], row: Row): void {
  const unknown = Object.keys(row).find((column) => !columns.includes(column));
  if (unknown !== undefined) throw new Error(`there is no column ${unknown}`);
  const values = columns.map((column) => {
    const value = row[column];
    if (value === undefined) throw new Error(`${column} is missing`);
    // SQLite tells whole numbers from others by their type.
    return typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : value;
  });
  insert.run(...values);
}

/** The parsed lines of a file. A missing or altered file is a fault, and has no lines. */
async function readLines<Line extends z.ZodType>(
  { source, manifest, faults }: Loading,
  chunk: Chunk,
  schema: Line,
): Promise<z.output<Line>[]> {
  const { key, rows, bytes, sha256 } = chunk;
  const stored = await source.read(manifest.id, chunk);
  if (!stored) {
    faults.push(`${key} is missing.`);
    return [];
  }
  if (stored.length !== bytes || createHash("sha256").update(stored).digest("hex") !== sha256) {
    faults.push(`${key} is not the file that was written: its size or SHA-256 differs.`);
    return [];
  }
  const lines = gunzipSync(stored).toString("utf8").split("\n").slice(0, -1);
  if (lines.length !== rows) faults.push(`${key} has ${lines.length} lines, and the manifest says ${rows}.`);
  return lines.flatMap((line, at) => {
    const parsed = schema.safeParse(jsonOf(line));
    if (!parsed.success) faults.push(`${key}, line ${at + 1}: is no row.`);
    return parsed.success ? [parsed.data] : [];
  });
}

/** The list of objects must be the one that the releases of the backup name. */
async function checkObjectList(database: DatabaseSync, loading: Loading): Promise<void> {
  const listed = new Map<string, string>();
  for (const chunk of loading.manifest.objects.chunks) {
    for (const { key, size, sha256 } of await readLines(loading, chunk, ObjectLine))
      listed.set(key, `${size} ${sha256}`);
  }
  const named = database
    .prepare(
      `SELECT artifacts.object_key AS key, artifacts.size || ' ' || artifacts.sha256 AS facts
       FROM artifacts JOIN releases ON releases.id = release_id WHERE state = 'ready' AND status <> 'draft'
       UNION ALL SELECT object_key, size || ' ' || sha256 FROM provenance JOIN releases ON releases.id = release_id
       WHERE status <> 'draft'`,
    )
    .all();
  const wrong = named.filter(({ key, facts }) => listed.get(String(key)) !== facts);
  if (wrong.length > 0 || named.length !== listed.size) {
    loading.faults.push("The list of objects is not the one that the releases name.");
  }
}

function attempt(faults: Faults, subject: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    faults.push(`${subject} does not fit: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Throws `CliError` (integrity) with the faults, if there are any. */
export function requireNoFaults(id: string, faults: Faults): void {
  if (faults.length === 0) return;
  throw new CliError(EXIT.integrity, [`The backup ${id} is damaged.`, ...faults].join("\n"));
}
