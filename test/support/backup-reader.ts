import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { ChangeLine, type Chunk, Manifest, manifestKey, ObjectLine, Row } from "../../src/domain/backup/format.ts";
import { encodeHex } from "../../src/lib/encoding.ts";

/** Reads a file of a backup, without the code of the service: its sum, its gzip and its lines. */
export async function linesOf({ key, rows, bytes, sha256 }: Chunk): Promise<unknown[]> {
  const stored = (await (await env.BACKUPS.get(key))?.arrayBuffer()) ?? new ArrayBuffer();
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", stored));
  const text = await new Response(new Blob([stored]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  const lines = text.split("\n").slice(0, -1);
  expect([key, stored.byteLength, encodeHex(sum), lines.length]).toEqual([key, bytes, sha256, rows]);
  return lines.map((line) => JSON.parse(line));
}

export const readManifest = async (id: string): Promise<Manifest> =>
  Manifest.parse(await (await env.BACKUPS.get(manifestKey(id)))?.json());

/** The rows of each table as docs/backup-format.md says to read them, in the order of their text. */
export async function rowsOf({ tables, changes }: Manifest): Promise<Record<string, Row[]>> {
  const latest = new Map<string, ChangeLine>();
  for (const chunk of changes) {
    for (const line of await linesOf(chunk)) {
      const change = ChangeLine.parse(line);
      latest.set(JSON.stringify([change.table, ...change.key]), change);
    }
  }
  const rows: Record<string, Row[]> = {};
  for (const { name, primary_key, chunks } of tables) {
    const keyOf = (row: Row) => JSON.stringify([name, ...primary_key.map((column) => row[column])]);
    const read = (await Promise.all(chunks.map(linesOf))).flat().map((line) => Row.parse(line));
    const changed = [...latest.values()].flatMap(({ table, row }) => (table === name && row ? [row] : []));
    rows[name] = sorted([...read.filter((row) => !latest.has(keyOf(row))), ...changed]);
  }
  return rows;
}

export const objectsOf = async ({ objects }: Manifest): Promise<ObjectLine[]> =>
  (await Promise.all(objects.chunks.map(linesOf))).flat().map((line) => ObjectLine.parse(line));

/** The rows of each of these tables of the ledger now, in the order of their text. */
export async function ledgerRows(names: readonly string[]): Promise<Record<string, Row[]>> {
  const results = await env.DB.batch(names.map((name) => env.DB.prepare(`SELECT * FROM "${name}"`)));
  return Object.fromEntries(
    names.map((name, at) => [name, sorted((results[at]?.results ?? []).map((row) => Row.parse(row)))]),
  );
}

const sorted = (rows: Row[]): Row[] =>
  rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : JSON.stringify(a) > JSON.stringify(b) ? 1 : 0));
