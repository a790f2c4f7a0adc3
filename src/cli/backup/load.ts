import { createHash } from "node:crypto";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { gunzipSync } from "node:zlib";
import type * as z from "zod";
import { ChangeLine, type Chunk, type Manifest, ObjectLine, Row } from "../../domain/backup/format.ts";
import { attempt, type Faults, type Loading, MAX_FAULTS, shortened } from "./faults.ts";
import { checkSchema, isTable, makeSchema } from "./schema.ts";
import type { BackupSource } from "./source.ts";

/** The most bytes of an unpacked file. A real one has some 50 MB at most; a hostile one must not fill the memory. */
const LONGEST_FILE = 256 * 1024 * 1024;

/**
 * Loads a backup into an empty SQLite database, which then has the ledger at the moment of the backup. It checks the
 * size and sum of each file, each row by the constraints of its table, the count of rows that the ledger took, the
 * references between tables, and the list of objects. Returns the faults. Throws the errors of the source.
 */
export async function loadBackup(database: DatabaseSync, source: BackupSource, manifest: Manifest): Promise<Faults> {
  const faults: Faults = [];
  const loading: Loading = { source, manifest, faults };
  database.exec("PRAGMA foreign_keys = OFF; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; BEGIN");
  makeSchema(database, loading, isTable);
  const made = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const unmade = manifest.tables.find(({ name }) => !made.some((table) => table["name"] === name));
  if (unmade) faults.push(`The schema makes no table ${unmade.name}.`);
  if (faults.length > 0) return faults;
  const changes = await readChanges(loading);
  for (const table of manifest.tables) await loadTable(database, loading, table, changes.get(table.name) ?? new Map());
  makeSchema(database, loading, (sql) => !isTable(sql));
  database.exec("COMMIT");
  checkSchema(database, loading);
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
  return shortened(faults);
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
  let lines: string[] = [];
  attempt(faults, key, () => {
    lines = gunzipSync(stored, { maxOutputLength: LONGEST_FILE }).toString("utf8").split("\n").slice(0, -1);
  });
  if (lines.length !== rows) faults.push(`${key} has ${lines.length} lines, and the manifest says ${rows}.`);
  return lines.flatMap((line, at) => {
    const parsed = schema.safeParse(jsonOf(line));
    if (!parsed.success) faults.push(`${key}, line ${at + 1}: is no row.`);
    return parsed.success ? [parsed.data] : [];
  });
}

/** The objects that releases name, by the table that names them. A backup of an older schema lacks some tables. */
const NAMED_OBJECTS = [
  {
    table: "artifacts",
    sql: `SELECT artifacts.object_key AS key, artifacts.size || ' ' || artifacts.sha256 AS facts
      FROM artifacts JOIN releases ON releases.id = release_id WHERE state = 'ready' AND status <> 'draft'`,
  },
  {
    table: "provenance",
    sql: `SELECT object_key AS key, size || ' ' || sha256 AS facts
      FROM provenance JOIN releases ON releases.id = release_id WHERE status <> 'draft'`,
  },
  {
    table: "framed_files",
    sql: `SELECT frame_key AS key, frame_size || ' ' || frame_sha256 AS facts
      FROM framed_files JOIN artifacts ON artifacts.id = artifact_id JOIN releases ON releases.id = release_id
      WHERE state = 'ready' AND status <> 'draft'`,
  },
];

const hasTable = (database: DatabaseSync, name: string): boolean =>
  database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(name) !== undefined;

/** The list of objects must be the one that the releases of the backup name. */
async function checkObjectList(database: DatabaseSync, loading: Loading): Promise<void> {
  const listed = new Map<string, string>();
  for (const chunk of loading.manifest.objects.chunks) {
    for (const { key, size, sha256 } of await readLines(loading, chunk, ObjectLine))
      listed.set(key, `${size} ${sha256}`);
  }
  const named = NAMED_OBJECTS.flatMap(({ table, sql }) =>
    hasTable(database, table) ? database.prepare(sql).all() : [],
  );
  const wrong = named.filter(({ key, facts }) => listed.get(String(key)) !== facts);
  if (wrong.length > 0 || named.length !== listed.size) {
    loading.faults.push("The list of objects is not the one that the releases name.");
  }
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
