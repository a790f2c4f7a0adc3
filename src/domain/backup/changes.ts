import * as z from "zod";
import { type ChangeLine, ObjectLine, Row, RowKey } from "./format.ts";
import { keyOf } from "./page.ts";
import { migrationsOf, migrationsQuery, schemaQuery, statementsOf, type Table } from "./schema.ts";

/** The most noted changes that one round reads. */
const ROUND = 500;

/** The oldest noted changes. */
const NOTED = `(SELECT * FROM backup_changes ORDER BY seq LIMIT ${ROUND})`;

/** Whether these are all changes. Only the last round counts rows, because that reads an index of each table. */
const ALL_NOTED = `(SELECT count(*) FROM (SELECT 1 FROM backup_changes LIMIT ${ROUND + 1})) <= ${ROUND}`;

/** The objects of releases that are, or were, offered, and the frames of their packages: they never change. */
const OBJECTS = `SELECT * FROM (
    SELECT artifacts.object_key AS key, artifacts.size, artifacts.sha256 FROM artifacts JOIN releases ON releases.id = release_id
      WHERE state = 'ready' AND status <> 'draft'
    UNION ALL SELECT object_key, size, sha256 FROM provenance JOIN releases ON releases.id = release_id WHERE status <> 'draft'
    UNION ALL SELECT frame_key, frame_size, frame_sha256 FROM framed_files JOIN artifacts ON artifacts.id = artifact_id
      JOIN releases ON releases.id = release_id WHERE status <> 'draft'
  ) WHERE ${ALL_NOTED} ORDER BY key`;

const Noted = z.object({ table_name: z.string(), key: z.string() });

/** The ledger at one moment, apart from the rows that did not change since the backup began. */
export type Snapshot = {
  /** The rows of the oldest noted changes. */
  changes: ChangeLine[];
  /** The sequence number of the last of these changes; null without any. */
  through: number | null;
  /** Whether more changes are noted. If not, pages and changes together are the ledger at this moment. */
  hasMore: boolean;
  /** The number of rows of each table, and the objects of releases. Empty while there are more changes. */
  counts: Map<string, number>;
  objects: ObjectLine[];
  schema: string[];
  migrations: string[];
};

/** Reads a snapshot in one transaction. Throws D1's errors. */
export async function readSnapshot(db: D1Database, tables: readonly Table[]): Promise<Snapshot> {
  const counts = tables.map(({ name }) =>
    db.prepare(`SELECT CASE WHEN ${ALL_NOTED} THEN (SELECT count(*) FROM "${name}") ELSE 0 END AS rows`),
  );
  const rows = tables.map(({ name, primaryKey }) =>
    db.prepare(
      `SELECT "${name}".* FROM (SELECT DISTINCT key FROM ${NOTED} WHERE table_name = '${name}') AS noted CROSS JOIN "${name}"
       ON ${primaryKey.map((column, at) => `"${name}"."${column}" = noted.key ->> ${at}`).join(" AND ")}`,
    ),
  );
  const [noted, through, schema, migrations, objects, ...ofTables] = await db.batch([
    db.prepare(`SELECT table_name, key FROM ${NOTED} GROUP BY table_name, key ORDER BY min(seq)`),
    db.prepare(`SELECT (SELECT max(seq) FROM ${NOTED}) AS through, (SELECT max(seq) FROM backup_changes) AS last`),
    schemaQuery(db),
    migrationsQuery(db),
    db.prepare(OBJECTS),
    ...counts,
    ...rows,
  ]);
  const marks = z.object({ through: z.int().nullable(), last: z.int().nullable() }).parse(through?.results[0]);
  const current = new Map<string, Row>();
  tables.forEach(({ name, primaryKey }, at) => {
    for (const result of ofTables[tables.length + at]?.results ?? []) {
      const row = Row.parse(result);
      current.set(JSON.stringify([name, ...keyOf(row, primaryKey)]), row);
    }
  });
  return {
    changes: (noted?.results ?? []).map((result) => {
      const { table_name: table, key: text } = Noted.parse(result);
      const key = RowKey.parse(JSON.parse(text));
      return { table, key, row: current.get(JSON.stringify([table, ...key])) ?? null };
    }),
    through: marks.through,
    hasMore: marks.last !== marks.through,
    counts: new Map(
      tables.map(({ name }, at) => [name, z.object({ rows: z.int() }).parse(ofTables[at]?.results[0]).rows]),
    ),
    objects: (objects?.results ?? []).map((row) => ObjectLine.parse(row)),
    schema: statementsOf(schema?.results ?? []),
    migrations: migrationsOf(migrations?.results ?? []),
  };
}

/** Forgets the noted changes up to `through`, which a file of the backup has. Throws D1's errors. */
export const forgetChanges = (db: D1Database, through: number): Promise<unknown> =>
  db.prepare("DELETE FROM backup_changes WHERE seq <= ?").bind(through).run();
