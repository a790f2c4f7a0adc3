import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import { finished } from "node:stream/promises";
import type { Manifest } from "../../domain/backup/format.ts";
import { CliError, EXIT } from "../errors.ts";
import { isTable } from "./schema.ts";

/** The longest statement, in bytes. D1 refuses one of more than 100,000. */
const LONGEST = 90_000;

/** The most rows of a statement, because SQLite's program for it is limited as well. */
const ROWS = 100;

/** The size, in bytes, at which another file begins. */
const FILE_SIZE = 64 * 1024 * 1024;

/**
 * Writes the SQL that makes the loaded ledger in an empty database: tables, their rows with referenced tables first,
 * then indexes and triggers, so that no trigger fires for a row. Each file can be carried out by itself, in the order
 * of their names. A small ledger is one file. The first one fails if the database has a table of the ledger. Returns
 * the names of the files. Throws `CliError` if `folder` exists.
 */
export async function writeRestoreSql(database: DatabaseSync, manifest: Manifest, folder: string): Promise<string[]> {
  await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
    throw new CliError(EXIT.usage, `${folder} cannot be made: ${error instanceof Error ? error.message : error}.`);
  });
  const files = new SqlFiles(folder);
  for (const sql of manifest.schema.filter(isTable)) await files.add(`${sql};`);
  for (const name of inOrderOfReferences(
    database,
    manifest.tables.map(({ name }) => name),
  )) {
    for (const sql of insertsOf(database, name)) await files.add(sql);
  }
  for (const sql of manifest.schema.filter((sql) => !isTable(sql))) await files.add(`${onOneLine(sql)};`);
  return files.end();
}

/** Open reports say that D1 splits a trigger over several lines wrongly. A comment would hide the rest of its line. */
const onOneLine = (sql: string): string => (sql.includes("--") ? sql : sql.replaceAll("\n", " "));

/** The tables, each behind the tables that it references. */
export function inOrderOfReferences(database: DatabaseSync, tables: readonly string[]): string[] {
  const ordered = new Set<string>();
  const add = (table: string): void => {
    if (ordered.has(table)) return;
    for (const { table: parent } of database.prepare(`PRAGMA foreign_key_list("${table}")`).all()) {
      if (parent !== table) add(String(parent));
    }
    ordered.add(table);
  };
  for (const table of tables) add(table);
  return [...ordered].filter((table) => tables.includes(table));
}

/** The statements that insert every row of a table, in the order of its rows. */
function* insertsOf(database: DatabaseSync, table: string): Iterable<string> {
  const columns = database
    .prepare(`PRAGMA table_info("${table}")`)
    .all()
    .map(({ name }) => `"${name}"`);
  const head = `INSERT INTO "${table}" (${columns.join(", ")}) VALUES `;
  const select = database.prepare(`SELECT * FROM "${table}"`);
  select.setReadBigInts(true);
  let rows: string[] = [];
  let bytes = head.length;
  for (const row of select.iterate()) {
    const text = `(${Object.values(row).map(literal).join(", ")})`;
    const length = Buffer.byteLength(text) + 2;
    if (rows.length === ROWS || (rows.length > 0 && bytes + length > LONGEST)) {
      yield `${head}${rows.join(", ")};`;
      [rows, bytes] = [[], head.length];
    }
    rows.push(text);
    bytes += length;
  }
  if (rows.length > 0) yield `${head}${rows.join(", ")};`;
}

/**
 * A value as SQL on one line. A text with control characters is written as JSON or as hexadecimal UTF-8, the shorter of
 * both: tools that split a file of SQL into statements may change a line break inside a literal.
 */
export function literal(value: SQLOutputValue): string {
  if (value === null) return "NULL";
  if (typeof value === "bigint" || typeof value === "number") return String(value);
  if (typeof value !== "string") throw new Error("the ledger has no column of bytes");
  const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
  if (!/\p{Cc}/u.test(value)) return quoted(value);
  const forms = [
    `(${quoted(JSON.stringify(value))} ->> '$')`,
    `CAST(X'${Buffer.from(value).toString("hex")}' AS TEXT)`,
  ];
  const [json = "", hex = ""] = forms;
  return Buffer.byteLength(json) <= hex.length ? json : hex;
}

/** Files of SQL, numbered in the order in which they must be carried out. */
class SqlFiles {
  readonly #folder: string;
  readonly #names: string[] = [];
  #file: WriteStream | null = null;
  #size = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async add(statement: string): Promise<void> {
    const bytes = Buffer.byteLength(statement) + 1;
    if (bytes > 100_000) throw new Error(`${statement.slice(0, 80)}...: ${bytes} bytes`);
    if (this.#size + bytes > FILE_SIZE) await this.#close();
    if (!this.#file) {
      const name = `ledger-${String(this.#names.length + 1).padStart(3, "0")}.sql`;
      this.#names.push(name);
      // The rows have mail addresses: only this user may read them.
      this.#file = createWriteStream(join(this.#folder, name), { mode: 0o600 });
    }
    this.#size += bytes;
    if (!this.#file.write(`${statement}\n`)) await once(this.#file, "drain");
  }

  /** Ends the last file and returns the names of all. */
  async end(): Promise<string[]> {
    await this.#close();
    return this.#names;
  }

  async #close(): Promise<void> {
    const file = this.#file;
    [this.#file, this.#size] = [null, 0];
    if (file) await finished(file.end());
  }
}
