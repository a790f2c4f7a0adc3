import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { gzipSync } from "node:zlib";
import { PROJECT } from "../../../scripts/development/paths.ts";
import {
  type ChangeLine,
  type Chunk,
  FORMAT,
  type Manifest,
  manifestKey,
  type Row,
} from "../../../src/domain/backup/format.ts";

export const BACKUP = "2026-11-28T02-00-00Z";

/** A ledger in memory, with the schema of all migrations. */
export async function emptyLedger(): Promise<DatabaseSync> {
  const database = new DatabaseSync(":memory:");
  const names = (await readdir(join(PROJECT, "migrations"))).filter((name) => name.endsWith(".sql")).sort();
  for (const name of names) database.exec(await readFile(join(PROJECT, "migrations", name), "utf8"));
  return database;
}

type Contents = { rows?: Record<string, Row[]>; changes?: ChangeLine[]; counts?: Record<string, number> };

/** Writes a backup of a ledger into a folder. `contents` replaces rows of the ledger, and adds changes. */
export async function writeBackup(folder: string, ledger: DatabaseSync, contents: Contents = {}): Promise<Manifest> {
  const write = async (key: string, lines: readonly object[]): Promise<Chunk> => {
    const bytes = gzipSync(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    await mkdir(dirname(join(folder, key)), { recursive: true });
    await writeFile(join(folder, key), bytes);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return { key, rows: lines.length, bytes: bytes.length, sha256 };
  };
  await mkdir(join(folder, BACKUP), { recursive: true });
  const schema = ledger
    .prepare("SELECT name, type, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type <> 'table', rowid")
    .all();
  const tables: Manifest["tables"] = [];
  for (const { name: table } of schema.filter(({ type }) => type === "table")) {
    const name = String(table);
    const rows: object[] = contents.rows?.[name] ?? ledger.prepare(`SELECT * FROM "${name}"`).all();
    const keys = ledger.prepare(`SELECT name FROM pragma_table_info('${name}') WHERE pk > 0 ORDER BY pk`).all();
    tables.push({
      name,
      primary_key: keys.map((key) => String(key["name"])),
      rows: contents.counts?.[name] ?? rows.length,
      chunks: rows.length === 0 ? [] : [await write(`${BACKUP}/${name}/000001.jsonl.gz`, rows)],
    });
  }
  const { changes = [] } = contents;
  const manifest: Manifest = {
    format: FORMAT,
    id: BACKUP,
    deployment: { name: "rbee-worker-catalog", public_url: "https://catalog.test", livemode: true },
    started_at: "2026-11-28T02:00:00Z",
    as_of: "2026-11-28T02:00:09Z",
    migrations: ["0019_backup.sql"],
    schema: schema.map(({ sql }) => String(sql)),
    tables,
    left_out: [],
    changes: changes.length === 0 ? [] : [await write(`${BACKUP}/changes/000001.jsonl.gz`, changes)],
    objects: { count: 0, bytes: 0, chunks: [] },
  };
  await writeFile(join(folder, manifestKey(BACKUP)), JSON.stringify(manifest));
  return manifest;
}
